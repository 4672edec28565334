// Cache of certificates found by host, and of hosts without one.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.hpp"
#include "transport/credential_state.hpp"

namespace ferrotunnel::detail {

/// Bounded: the least recently used entry makes room, one of the same kind. For one thread, or under a lock.
class HostCertificateCache {
public:
    using WallTime = std::chrono::system_clock::time_point;

    HostCertificateCache(std::size_t certificates_max, std::size_t misses_max)
        : certificates_(certificates_max), misses_(misses_max) {}

    struct Found {
        std::shared_ptr<const transport::LoadedCertificate> certificate;
        bool is_due = false;  // it should be asked for again
    };
    /// The certificate of a host, unless that has expired.
    std::optional<Found> find(std::string_view host, TimePoint now, WallTime wall);
    /// Whether the host is known to have none now.
    bool is_miss(std::string_view host, TimePoint now);

    void put(const std::string& host, std::shared_ptr<transport::CredentialState> credential, TimePoint due_at);
    /// True if this ends a certificate, also one that has expired.
    bool put_miss(const std::string& host, TimePoint until);
    /// The answer failed: the present certificate stays, and is due again from then on. False if there is none, or if
    /// it has expired.
    bool postpone(std::string_view host, TimePoint due_at, WallTime wall);
    /// True if there was a certificate; likewise clear().
    bool forget(std::string_view host);
    bool clear();

    std::size_t certificates() const noexcept { return certificates_.places.size(); }
    std::size_t misses() const noexcept { return misses_.places.size(); }

private:
    struct Entry {
        std::string host;
        std::shared_ptr<transport::CredentialState> credential;  // null: a miss
        TimePoint until;
    };
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>()(text); }
    };
    struct Kind {
        explicit Kind(std::size_t max_in) : max(max_in) {}
        Entry* use(std::string_view host);
        void put(Entry entry);
        bool erase(std::string_view host);

        std::size_t max;
        std::list<Entry> by_use;  // the last used one in front
        std::unordered_map<std::string, std::list<Entry>::iterator, Hash, std::equal_to<>> places;
    };

    Kind certificates_;
    Kind misses_;
};

}  // namespace ferrotunnel::detail
