// Reads configurations of other tunnels in tests.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/import/draft.hpp"
#include "cli/import/source.hpp"

namespace ferrotunnel::cli::importing {

/// A draft with the sources that it was read from.
struct Reading {
    std::vector<Source> sources;
    Draft draft;

    /// The section as YAML, without comments and without the line `client:` or `server:`.
    std::string client() const;
    std::string server() const;

    /// `services:` of the client, with HASH in place of each hash of a password.
    std::string services() const;

    bool has_lost(std::string_view key) const;
    bool has_skipped(std::string_view key) const;
    bool asks(std::string_view part) const;

    /// The keys of the sources that are nowhere: neither the place of a value, nor lost, nor needless. `version`, and
    /// the kinds of services, which are keys here, are not expected.
    std::vector<std::string> forgotten() const;
};

using Reader = Draft (*)(std::span<const Source>);
Reading read_yaml(Reader reader, std::string_view text);
Reading read_toml(Reader reader, const std::vector<std::string_view>& texts);

}  // namespace ferrotunnel::cli::importing
