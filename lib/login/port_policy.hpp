// Public ports that a token may request.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "base/result.hpp"

namespace ferrotunnel::login {

struct PortRange {
    std::uint16_t first = 0;
    std::uint16_t last = 0;  // included

    friend bool operator==(const PortRange&, const PortRange&) = default;
};

class PortPolicy {
public:
    static constexpr std::uint16_t privileged_below = 1'024;

    /// The default: every unprivileged port, and assigned ones from the system's ephemeral range.
    PortPolicy() = default;
    /// Allows only these. Ranges must be in order (first <= last) and not contain port 0. Empty: no port at all.
    explicit PortPolicy(std::vector<PortRange> ranges);

    /// Parses "2222,8000-8100". The error is a sentence that quotes the wrong part.
    static Result<PortPolicy, std::string> parse(std::string_view text);

    /// Whether a client may request `port`. Port 0 (assign me one) is not a port: see `candidates`.
    bool allows(std::uint16_t port) const noexcept;

    /// The ports to try to bind, in this order, for a client that lets the server choose: by default port 0, so that
    /// the system chooses; otherwise at most `count_max` different unprivileged ports of the list, drawn at random.
    std::vector<std::uint16_t> candidates(Random& random, std::size_t count_max = 32) const;

    const std::vector<PortRange>& ranges() const noexcept { return ranges_; }

    /// Describes the allowed ports for a message: "1024-65535", "2222, 8000-8100", "none".
    std::string describe() const;

private:
    std::vector<PortRange> unprivileged() const;

    bool listed_ = false;
    std::vector<PortRange> ranges_{{privileged_below, 65'535}};
};

}  // namespace ferrotunnel::login
