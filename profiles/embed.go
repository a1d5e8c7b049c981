// Package profiles embeds the figures that Metronome ships: GPUs, models,
// engines and workloads, a file each, with their sources.
package profiles

import "embed"

// FS holds gpus/*.toml, models/*.toml, engines/*.toml and workloads/*.toml.
//
//go:embed */*.toml
var FS embed.FS
