#include "api/host_certificate_cache.hpp"

#include <utility>

namespace ferrotunnel::detail {

HostCertificateCache::Entry* HostCertificateCache::Kind::use(std::string_view host) {
    const auto place = places.find(host);
    if (place == places.end()) {
        return nullptr;
    }
    by_use.splice(by_use.begin(), by_use, place->second);
    return &by_use.front();
}

void HostCertificateCache::Kind::put(Entry entry) {
    if (Entry* const present = use(entry.host)) {
        *present = std::move(entry);
        return;
    }
    if (places.size() >= max) {
        (void)erase(by_use.back().host);
    }
    by_use.push_front(std::move(entry));
    places[by_use.front().host] = by_use.begin();
}

bool HostCertificateCache::Kind::erase(std::string_view host) {
    const auto place = places.find(host);
    if (place == places.end()) {
        return false;
    }
    const auto entry = place->second;  // whose host may be `host`
    places.erase(place);
    by_use.erase(entry);
    return true;
}

std::optional<HostCertificateCache::Found> HostCertificateCache::find(std::string_view host, TimePoint now,
                                                                      WallTime wall) {
    const Entry* const entry = certificates_.use(host);
    if (entry == nullptr) {
        return std::nullopt;
    }
    Found found{entry->credential->current(), entry->until <= now};
    return found.certificate->not_after < wall ? std::nullopt : std::optional(std::move(found));
}

bool HostCertificateCache::is_miss(std::string_view host, TimePoint now) {
    const Entry* const entry = misses_.use(host);
    return entry != nullptr && now < entry->until;
}

void HostCertificateCache::put(const std::string& host, std::shared_ptr<transport::CredentialState> credential,
                               TimePoint due_at) {
    (void)misses_.erase(host);
    certificates_.put({host, std::move(credential), due_at});
}

bool HostCertificateCache::put_miss(const std::string& host, TimePoint until) {
    const bool had_one = certificates_.erase(host);
    misses_.put({host, nullptr, until});
    return had_one;
}

bool HostCertificateCache::postpone(std::string_view host, TimePoint due_at, WallTime wall) {
    Entry* const entry = certificates_.use(host);
    if (entry == nullptr || entry->credential->current()->not_after < wall) {
        return false;
    }
    entry->until = due_at;
    return true;
}

bool HostCertificateCache::forget(std::string_view host) {
    (void)misses_.erase(host);
    return certificates_.erase(host);
}

bool HostCertificateCache::clear() {
    const bool had_any = certificates() != 0;
    for (Kind* const kind : {&certificates_, &misses_}) {
        kind->places.clear();
        kind->by_use.clear();
    }
    return had_any;
}

}  // namespace ferrotunnel::detail
