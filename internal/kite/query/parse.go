package query

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Problem is what is wrong with a tool call as it was typed.
type Problem int

const (
	// ProblemEmpty: no tool was named.
	ProblemEmpty Problem = iota
	// ProblemLogin: login is not called this way.
	ProblemLogin
	// ProblemLogout: a login is not ended this way.
	ProblemLogout
	// ProblemWrites: the tool can change the account.
	ProblemWrites
	// ProblemUnknown: the tool is not known.
	ProblemUnknown
	// ProblemNoSuchArg: the tool takes no such argument, or a value has no name.
	ProblemNoSuchArg
	// ProblemTwice: an argument is there twice.
	ProblemTwice
	// ProblemMissing: a required argument is not there, or is empty.
	ProblemMissing
	// ProblemBadNumber: a value has to be a whole number from 0.
	ProblemBadNumber
	// ProblemBadBool: a value has to be yes or no.
	ProblemBadBool
	// ProblemBadChoice: a value is none of [Arg.Choices].
	ProblemBadChoice
	// ProblemTooShort: a value has fewer characters than [Arg.MinLength].
	ProblemTooShort
)

// ParseError says why a typed tool call is not made. Texts are data from the
// person who typed them, for the view to word; Error does not repeat them.
type ParseError struct {
	Problem Problem
	Name    string // the tool as it was typed
	Tool    Tool   // when it may be called
	Arg     Arg    // the argument, when it is one of the tool's
	Value   string // what was typed for it, or the name that is none
}

func (e *ParseError) Error() string { return fmt.Sprintf("tool call not made: problem %d", e.Problem) }

// maxToolNumber is the largest whole number that every JSON reader keeps exact.
const maxToolNumber = 1 << 53

// Parse reads a tool and its arguments as people type them:
//
//	get_ltp instruments=NSE:INFY,NSE:NIFTY 50
//	get_historical_data instrument_token=408065 from_date="2026-11-02 09:15:00" …
//
// A word without a name belongs to the value before it; in front of all names
// it is the value of the one required argument. Values may stand in quotes, the
// typographic ones of phones too. The arguments come out in the types the
// server needs (string, int64, bool, []string); it would take others in
// silence for nothing. Where the server has tools with modes, "portfolio
// holdings" names the same as get_holdings. The error is a [*ParseError]. Nothing
// is called.
func Parse(text string) (Query, error) {
	name, rest := firstWord(text)
	name = strings.ToLower(name)
	tool, known := readTool(name)
	if !known {
		word, after := firstWord(rest)
		mode := strings.TrimPrefix(strings.ToLower(word), modeArg+"=")
		if tool, known = readMode(name, mode); !known {
			return Query{}, &ParseError{Problem: problemOf(name, mode), Name: name}
		}
		rest = after
	}
	args, err := tool.parse(rest)
	if err != nil {
		err.Name, err.Tool = tool.Name, *tool
		return Query{}, err
	}
	return Query{tool: tool, values: args}, nil
}

// problemOf is why a tool, or a mode of it, is not asked.
func problemOf(name, mode string) Problem {
	grouped := slices.ContainsFunc(allTools, func(t Tool) bool { return t.grouped == name })
	switch {
	case name == "":
		return ProblemEmpty
	case name == Login().tool.plain:
		return ProblemLogin
	case slices.Contains(writingTools, name), grouped && slices.Contains(writingModes, mode):
		return ProblemWrites
	case name == Logout().tool.grouped && mode == Logout().tool.mode:
		return ProblemLogout
	default:
		return ProblemUnknown
	}
}

// parse reads the arguments of a tool.
func (t Tool) parse(text string) (map[string]any, *ParseError) {
	typed, err := t.typedValues(text)
	if err != nil {
		return nil, err
	}
	args := map[string]any{}
	for _, a := range t.Args {
		value, given := typed[a.Name]
		if value == "" && (a.Required || given) {
			return nil, &ParseError{Problem: ProblemMissing, Arg: a}
		}
		if !given {
			continue
		}
		v, problem, ok := a.value(value)
		if !ok {
			return nil, &ParseError{Problem: problem, Arg: a, Value: value}
		}
		args[a.Name] = v
	}
	return args, nil
}

// typedValues cuts the text into what was typed for each argument.
func (t Tool) typedValues(text string) (map[string]string, *ParseError) {
	typed := map[string]string{}
	current := ""
	for text = strings.TrimSpace(text); text != ""; {
		var word, name string
		if at := strings.IndexByte(text, '='); at > 0 && isArgName(text[:at]) {
			name, text = strings.ToLower(text[:at]), text[at+1:]
		}
		if name == "" || text != "" && !unicode.IsSpace(rune(text[0])) {
			word, text = firstWord(text)
		}
		text = strings.TrimSpace(text)
		if name == "" && current == "" {
			name = t.soleRequired()
		}
		if _, twice := typed[name]; twice {
			return nil, &ParseError{Problem: ProblemTwice, Value: name}
		}
		if name != "" {
			current = name
		}
		if _, known := t.arg(current); !known {
			return nil, &ParseError{Problem: ProblemNoSuchArg, Value: cmp.Or(current, word)}
		}
		typed[current] = strings.TrimSpace(typed[current] + " " + word)
	}
	return typed, nil
}

// soleRequired is the argument that a value without a name is for: "" when the
// tool does not have exactly one that it needs.
func (t Tool) soleRequired() string {
	needed := slices.DeleteFunc(slices.Clone(t.Args), func(a Arg) bool { return !a.Required })
	if len(needed) != 1 {
		return ""
	}
	return needed[0].Name
}

// isArgName tells a name before a = from a value that happens to hold one.
func isArgName(s string) bool {
	return strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz") == ""
}

// firstWord returns the first word, or what stands in quotes there, and the rest.
func firstWord(text string) (word, rest string) {
	text = strings.TrimLeftFunc(text, unicode.IsSpace)
	for open, end := range map[string]string{`"`: `"`, "“": "”", "„": "“", "'": "'", "‘": "’"} {
		if quoted, ok := strings.CutPrefix(text, open); ok {
			if inner, after, closed := strings.Cut(quoted, end); closed {
				return inner, strings.TrimLeftFunc(after, unicode.IsSpace)
			}
		}
	}
	at := strings.IndexFunc(text, unicode.IsSpace)
	if at < 0 {
		return text, ""
	}
	return text[:at], strings.TrimLeftFunc(text[at:], unicode.IsSpace)
}

// value turns what was typed into what the server needs.
func (a Arg) value(typed string) (v any, problem Problem, ok bool) {
	switch a.Type {
	case ArgNumber:
		n, err := strconv.ParseInt(typed, 10, 64)
		return n, ProblemBadNumber, err == nil && n >= 0 && n <= maxToolNumber
	case ArgBool:
		truth, known := map[string]bool{"yes": true, "true": true, "1": true, "no": false, "false": false, "0": false}[strings.ToLower(typed)]
		return truth, ProblemBadBool, known
	case ArgList:
		values := split(typed)
		return values, ProblemMissing, len(values) > 0
	default:
		if utf8.RuneCountInString(strings.Join(strings.Fields(typed), "")) < a.MinLength {
			return nil, ProblemTooShort, false
		}
		return typed, ProblemBadChoice, a.Choices == nil || slices.Contains(a.Choices, typed)
	}
}

// split cuts a list at its commas, and before a word that names an exchange, as
// in "NSE:INFY NSE:NIFTY 50". Empty places are none; what is left of a list
// written as JSON goes.
func split(typed string) []string {
	var values []string
	for part := range strings.SplitSeq(typed, ",") {
		open := false // whether a word belongs to the value before it
		for word := range strings.FieldsSeq(strings.Trim(part, ` []"'`)) {
			if open && !strings.Contains(word, ":") {
				values[len(values)-1] += " " + word
				continue
			}
			values, open = append(values, word), true
		}
	}
	return values
}
