// Texts that name a place: endpoints of services, patterns of hosts, backends.
#pragma once

#include <cstdint>
#include <string>

namespace ferrotunnel::cli::doctor {

/// The parts of an endpoint: "https", "app.example.com", 8443. A port that is not written is that of the scheme.
struct EndpointParts {
    std::string scheme{};  // empty: none
    std::string host{};    // without brackets
    std::uint16_t port = 0;
};
EndpointParts parts_of(const std::string& endpoint);

/// A host that this pattern matches: `random` in place of the stars. Empty for "*", which matches all.
std::string example_of(const std::string& pattern, const std::string& random);

/// Whether a name is localhost or below it: such names lead to the machine that uses them, and have no records.
bool is_local_name(const std::string& name);

/// The host and port of a backend that is reached by TCP, not of `unix:`, `files:` and `exit`.
struct BackendPlace {
    std::string host{};
    std::uint16_t port = 0;
};
BackendPlace backend_place(const std::string& local);

}  // namespace ferrotunnel::cli::doctor
