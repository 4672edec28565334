// Visits: reaching the private service of another client, encrypted from one client to the other. The server between
// them sees bytes that it cannot read.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include "ferrotunnel/export.hpp"
#include "ferrotunnel/secret.hpp"

namespace ferrotunnel {

/// The key of a private service, shared by its client and its visitors, but not by the server. A plain value. A
/// default-constructed one has no key.
class FERROTUNNEL_EXPORT VisitKey {
public:
    VisitKey() noexcept = default;
    /// Makes the key from a text made by Secret::generate() or `ferrotunnel token`. Throws config_error for any other
    /// text: the server could guess a weak key.
    explicit VisitKey(const Secret& secret);
    VisitKey(const VisitKey&) = default;
    VisitKey& operator=(const VisitKey&) = default;
    ~VisitKey();

    bool empty() const noexcept { return !is_set_; }
    /// Only for the library.
    const std::array<std::uint8_t, 32>& bytes() const noexcept { return bytes_; }

    friend bool operator==(const VisitKey&, const VisitKey&) = default;

private:
    std::array<std::uint8_t, 32> bytes_{};
    bool is_set_ = false;
};

/// A visit to a private service of another client.
struct Visit {
    Visit() = default;
    Visit(std::string service_in, std::string local_in, VisitKey key_in)
        : service(std::move(service_in)), local(std::move(local_in)), key(key_in) {}

    /// The service's name, "db"; for a client with another token "db@alice", with the server's name of that token.
    std::string service{};
    /// The listen address for connections to the service: "5432" (on this machine only), "127.0.0.1:5432", "[::1]:0"
    /// (any free port).
    std::string local{};
    VisitKey key{};
    /// The kind of the service. With udp, each address that sends to `local` is a visit of its own, until 60 s have
    /// passed without a datagram in either direction.
    enum class Kind : std::uint8_t { tcp, udp } kind = Kind::tcp;

    friend bool operator==(const Visit&, const Visit&) = default;
};

/// State and counters of a visit since this process listens for it.
struct VisitStats {
    std::string service;  ///< as in Visit
    std::string at;       ///< the listen address
    Visit::Kind kind = Visit::Kind::tcp;
    std::uint64_t open = 0;    ///< open connections, or addresses that send datagrams, now
    std::uint64_t opened = 0;  ///< the same, in total
    std::uint64_t failed = 0;  ///< of these, failed
    std::chrono::system_clock::time_point since{};
    std::chrono::system_clock::time_point failed_at{};  ///< the last one
    std::string why{};  ///< why the last one failed, a part of a sentence; empty if none failed
};

}  // namespace ferrotunnel
