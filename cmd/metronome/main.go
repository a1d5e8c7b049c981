// Command metronome simulates LLM serving and scores it with the fluidity
// metrics.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

const version = "0.1.0"

// Exit codes.
const (
	exitFailed      = 1
	exitBadInput    = 2
	exitInterrupted = 130
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // so that a second Ctrl-C ends what does not listen
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run runs a command line and returns its exit code. Of an error it prints one line.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := rootCommand()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	fmt.Fprintln(stderr, "metronome: "+strings.Join(strings.Fields(err.Error()), " "))
	return exitCode(err)
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "metronome",
		Short:         "Simulate LLM serving, and score it with the fluidity metrics",
		Example:       "  metronome simulate --set workload.arrivals.rate=8",
		Version:       version,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetHelpCommand(helpCommand(root))
	root.AddCommand(simulateCommand(), scoreCommand(), validateCommand(), explainCommand(), calibrateCommand(), liveCommand(), serveCommand(), figureCommand(), listCommand())
	root.AddCommand(studyCommands()...)
	clarify(root)
	return root
}

// readOnly runs work that writes nothing, and may therefore be left at any point.
func readOnly[T any](ctx context.Context, stderr io.Writer, work func() (T, error)) (T, error) {
	stay := context.AfterFunc(ctx, func() {
		fmt.Fprintln(stderr, "metronome:", errInterrupted)
		os.Exit(exitInterrupted)
	})
	defer stay()
	return work()
}

// write writes a result to stdout.
func write(c *cobra.Command, text []byte) error {
	if _, err := c.OutOrStdout().Write(text); err != nil {
		return failure{err}
	}
	return nil
}

// A failure is an error that is not the user's.
type failure struct{ error }

func (f failure) Unwrap() error { return f.error }

// errInterrupted says that the user stopped the work.
var errInterrupted = errors.New("interrupted; nothing was kept")

func exitCode(err error) int {
	switch {
	case errors.Is(err, errInterrupted):
		return exitInterrupted
	case errors.As(err, new(failure)):
		return exitFailed
	}
	return exitBadInput
}
