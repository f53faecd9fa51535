package bot

// What tests look at from outside.

// MayUse is the rule of [Access].
func MayUse(admin, listed bool, s Standing) bool { return mayUse(admin, listed, s) }

// ParseCommand reads what a person typed.
func ParseCommand(text, username string) (name, args string, addressed bool) {
	return parseCommand(text, username)
}
