package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"metronome/live"
)

// targetFlags say where the endpoint is and how to reach it. Secrets come from the
// environment, so that they are in no list of processes.
type targetFlags struct {
	url, model, api, keyVariable, extra string
	headers                             []string
	insecure                            bool
}

func (t *targetFlags) add(c *cobra.Command) {
	flags := c.Flags()
	flags.SortFlags = false
	flags.StringVar(&t.url, "url", "", "base `URL` of the endpoint, with or without /v1")
	flags.StringVar(&t.model, "model", "", "`name` of the model at the endpoint")
	flags.StringVar(&t.api, "api", "completions", "completions or chat")
	flags.StringVar(&t.keyVariable, "key-from", "OPENAI_API_KEY", "environment `variable` that holds the key, if it is set")
	flags.StringArrayVar(&t.headers, "header-from", nil, "add a header, as in `NAME=VARIABLE` of the environment; repeatable")
	flags.StringVar(&t.extra, "extra", "", "`JSON` object laid over every request; null deletes a key")
	flags.BoolVar(&t.insecure, "insecure", false, "accept certificates that nobody vouches for")
}

func (t *targetFlags) endpoint() (*live.Endpoint, error) {
	e := &live.Endpoint{URL: t.url, Model: t.model, Key: os.Getenv(t.keyVariable), Insecure: t.insecure, Headers: map[string]string{}}
	switch t.api {
	case "chat":
		e.Chat = true
	case "completions":
	default:
		return nil, fmt.Errorf("--api: %q (must be completions or chat)", t.api)
	}
	for _, h := range t.headers {
		name, variable, ok := strings.Cut(h, "=")
		value, set := os.LookupEnv(variable)
		if !ok || !set {
			return nil, fmt.Errorf("--header-from: %q (must be NAME=VARIABLE, and the variable be set)", h)
		}
		e.Headers[name] = value
	}
	var err error
	if e.Extra, err = live.ParseExtra(t.extra); err != nil {
		return nil, fmt.Errorf("--extra: %w", err)
	}
	return e, e.Open()
}
