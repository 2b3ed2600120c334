"""What SMVM's auditor asks for as tables: retention, readiness for a replay, spans, a run against its replay."""
