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

/// The key of a private service, which its client and its visitors have, and the server has not. A plain value. It has
/// no key where it is default-constructed.
class FERROTUNNEL_EXPORT VisitKey {
public:
    VisitKey() noexcept = default;
    /// Takes the key from a text that Secret::generate() or `ferrotunnel token` has made. Throws config_error for any
    /// other: a key that a person made up could be guessed by the server.
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

    /// The service's name, "db"; where its client has another token than this one: "db@alice", with what the server
    /// calls that token.
    std::string service{};
    /// Where this process listens for connections that are to reach the service: "5432" (on this machine alone, as is
    /// usual), "127.0.0.1:5432", "[::1]:0" (any free port).
    std::string local{};
    VisitKey key{};
    /// What the service is. With udp, each address that sends to `local` is a visit of its own, until nothing has come
    /// or gone for 60 s.
    enum class Kind : std::uint8_t { tcp, udp } kind = Kind::tcp;

    friend bool operator==(const Visit&, const Visit&) = default;
};

/// What has become of a visit, since this process listens for it.
struct VisitStats {
    std::string service;  ///< as in Visit
    std::string at;       ///< where this process listens
    Visit::Kind kind = Visit::Kind::tcp;
    std::uint64_t open = 0;    ///< connections, or addresses that send datagrams, that are there, now
    std::uint64_t opened = 0;  ///< those that have come, in all
    std::uint64_t failed = 0;  ///< of these, those that have come to nothing
    std::chrono::system_clock::time_point since{};
    std::chrono::system_clock::time_point failed_at{};  ///< the last one
    std::string why{};  ///< the last one has come to nothing, a part of a sentence; empty: none has
};

}  // namespace ferrotunnel
