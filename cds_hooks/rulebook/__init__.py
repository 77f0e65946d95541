"""The rules as a published thing: listed, shown, served, and exported for a committee and for FHIR tools."""
