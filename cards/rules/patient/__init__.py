"""What the patient has, takes or has planned that bears on naltrexone."""
