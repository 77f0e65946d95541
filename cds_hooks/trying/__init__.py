"""The page to try the service without a health record: a made-up patient, an order, and the cards it leads to."""
