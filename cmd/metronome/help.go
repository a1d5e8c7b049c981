package main

import "github.com/spf13/cobra"

// helpCommand is the help of cobra, except that an unknown topic is an error.
func helpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Help about any command",
		RunE: func(_ *cobra.Command, args []string) error {
			c, rest, err := root.Find(args)
			if err == nil && c.HasSubCommands() {
				err = subcommand(c, rest)
			}
			if err != nil {
				return err
			}
			return c.Help()
		},
	}
}
