"""FHIR of any version becomes a chart; nothing outside this room knows FHIR."""
