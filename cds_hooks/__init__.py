"""The front desk: CDS Hooks over HTTP and the command line, around the clinic in ``cards``.

Nothing happens at import. ``application.create_app`` builds the web service, ``wsgi`` is what a WSGI server loads, and
``cli`` is the command ``ldn-cds``.
"""
