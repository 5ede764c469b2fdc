"""The simulated market behind Databento's raw live protocol."""
