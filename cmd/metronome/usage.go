package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// clarify makes a command and those below it say of a wrong command line, in one
// line, what is wrong and what is allowed.
func clarify(c *cobra.Command) {
	c.SetFlagErrorFunc(flagError)
	if c.HasSubCommands() {
		c.Args = subcommand
		c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
	} else {
		allowed := c.Args
		c.Args = func(c *cobra.Command, args []string) error {
			if allowed != nil && allowed(c, args) != nil {
				return fmt.Errorf("%s: wrong number of arguments, %d (must be: %s)", c.Name(), len(args), c.UseLine())
			}
			return noEmptyFlag(c)
		}
	}
	for _, below := range c.Commands() {
		clarify(below)
	}
}

// subcommand refuses the arguments of a command that only has commands below it.
func subcommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if near := c.SuggestionsFor(args[0]); len(near) > 0 {
		return fmt.Errorf("unknown command %q (did you mean %q?)", args[0], near[0])
	}
	var names []string
	for _, below := range c.Commands() {
		names = append(names, below.Name())
	}
	return fmt.Errorf("unknown command %q (have %s)", args[0], strings.Join(names, ", "))
}

// noEmptyFlag refuses --out "" and the like, such as a shell makes of a variable
// that is not set.
func noEmptyFlag(c *cobra.Command) (err error) {
	c.Flags().Visit(func(f *pflag.Flag) {
		if f.Value.String() == "" && f.DefValue == "" {
			err = fmt.Errorf("--%s: empty (must have a value, or be left out)", f.Name)
		}
	})
	return err
}

// flagError says of a flag in words of its own what the parser says of it.
func flagError(c *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() == "" {
		name := unknown.GetSpecifiedName()
		if near := nearFlag(c, name); near != "" {
			return fmt.Errorf("unknown flag --%s (did you mean --%s?)", name, near)
		}
		return fmt.Errorf("unknown flag --%s (%s --help tells the flags)", name, c.CommandPath())
	}
	var value *pflag.InvalidValueError
	if errors.As(err, &value) {
		given := value.GetValue()
		if _, err := strconv.ParseFloat(given, 64); err != nil {
			given = strconv.Quote(given)
		}
		return fmt.Errorf("--%s: %s (must be %s)", value.GetFlag().Name, given, allowedBy(value))
	}
	return err
}

// nearFlag returns the flag that may have been meant, "" if none is near.
func nearFlag(c *cobra.Command, name string) (near string) {
	least := 3
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if d := levenshtein.ComputeDistance(name, f.Name); d < least {
			near, least = f.Name, d
		}
	})
	return near
}

func allowedBy(e *pflag.InvalidValueError) string {
	var allowed allowed
	if errors.As(e, &allowed) {
		return string(allowed)
	}
	switch e.GetFlag().Value.Type() {
	case "bool":
		return "true or false"
	case "duration":
		return `a duration with its unit, such as "10s"`
	case "float64":
		return "a number"
	case "intSlice":
		return "whole numbers with commas between them"
	}
	return "a whole number"
}

// allowed is what the value of a flag must be, as an error.
type allowed string

func (a allowed) Error() string { return string(a) }

// atLeast is a flag for a whole number that has a least value.
type atLeast struct {
	value *int
	least int
}

// wholeVar adds a flag for a whole number from least on.
func wholeVar(c *cobra.Command, value *int, name string, preset, least int, usage string) {
	*value = preset
	c.Flags().Var(atLeast{value, least}, name, usage)
}

func (a atLeast) Set(text string) error {
	n, err := strconv.Atoi(text)
	if err != nil || n < a.least {
		return allowed(fmt.Sprintf("a whole number from %d", a.least))
	}
	*a.value = n
	return nil
}

func (a atLeast) String() string {
	if a.value == nil { // as pflag asks of the zero value, to tell whether there is a default
		return "0"
	}
	return strconv.Itoa(*a.value)
}

func (a atLeast) Type() string { return "int" }
