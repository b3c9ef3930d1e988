package api

// ListedProcedures returns how many procedures the table has.
func ListedProcedures() int { return len(permissions) }
