// The readers of other tunnels' configurations.
#pragma once

#include <span>
#include <string>

#include "draft.hpp"
#include "source.hpp"

namespace ferrotunnel::cli::importing {

/// Whether a file is one of this tool. At most one of them is true for a file.
bool looks_like_frp(const Source& source);
bool looks_like_rathole(const Source& source);
bool looks_like_ngrok(const Source& source);
bool looks_like_cloudflared(const Source& source);

/// Reads all files of one tool, clients and servers together. They throw SourceError for what cannot be read at all;
/// everything else ends in the draft: each key is imported, lost, or ignored because it needs no equivalent.
Draft read_frp(std::span<const Source> sources);
Draft read_rathole(std::span<const Source> sources);
Draft read_ngrok(std::span<const Source> sources);
Draft read_cloudflared(std::span<const Source> sources);

/// Reads the command line of another tool: its program (a path is cut to its name) and the arguments: ngrok, bore,
/// cloudflared, ssh -R, frpc. Origins have the command line's word as file name, like `--basic-auth`, never a secret.
/// Throws SourceError if the program is unknown or the command offers nothing.
Draft read_command_line(std::span<const std::string> words);

/// Whether a word names one of these programs, with a folder or without; also frps, which offers nothing.
bool is_other_program(const std::string& word);

}  // namespace ferrotunnel::cli::importing
