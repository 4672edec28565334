#include "runtime/name_cache.hpp"

#include <netdb.h>

#include <algorithm>
#include <cerrno>
#include <thread>
#include <utility>

#include "runtime/limits.hpp"

namespace ferrotunnel::runtime {

namespace {

class ResolveCategory final : public std::error_category {
public:
    const char* name() const noexcept override { return "resolve"; }
    std::string message(int code) const override { return ::gai_strerror(code); }
};

// Whether the resolver has returned that there is no such name, or that the name has no address.
bool is_answer(const std::error_code& error) {
    return error == std::error_code(EAI_NONAME, resolve_category()) ||
           error == std::error_code(EAI_NODATA, resolve_category());
}

}  // namespace

const std::error_category& resolve_category() noexcept {
    static const ResolveCategory category;
    return category;
}

void order_addresses(std::vector<SocketAddress>& addresses, const SocketAddress& first) noexcept {
    const auto preferred = std::ranges::find(addresses, first);
    if (preferred != addresses.end()) {
        std::rotate(addresses.begin(), preferred, preferred + 1);
    }
    // Each position gets an address of the other family than the one before, as long as there is one.
    const std::size_t used = std::min(addresses.size(), limits::name_addresses_max);
    for (std::size_t place = 1; place < used; ++place) {
        const int before = addresses[place - 1].family();
        const auto begin = addresses.begin() + static_cast<std::ptrdiff_t>(place);
        const auto other =
            std::find_if(begin, addresses.end(), [before](const SocketAddress& one) { return one.family() != before; });
        if (other == addresses.end()) {
            break;
        }
        std::rotate(begin, other, other + 1);
    }
    addresses.erase(addresses.begin() + static_cast<std::ptrdiff_t>(used), addresses.end());
}

NameAnswer look_up(const std::string& host) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;
    addrinfo* list = nullptr;
    int code = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
    if (code != 0) {
        return {code == EAI_SYSTEM ? std::error_code(errno, std::system_category())
                                   : std::error_code(code, resolve_category()),
                {}};
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, ::freeaddrinfo);
    NameAnswer answer;
    for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
        SocketAddress address(entry->ai_addr, entry->ai_addrlen);
        if (!address.empty()) {
            answer.addresses.push_back(address);
        }
    }
    if (answer.addresses.empty()) {
        answer.error = {EAI_NONAME, resolve_category()};
    }
    return answer;
}

std::optional<NameAnswer> NameCache::find(const std::string& host, Callback callback) {
    const MutexLock lock(mutex_);
    const TimePoint now = clock_();
    Name& name = find_or_add(host);
    if (now < name.fresh_until) {
        return name.answer;
    }
    // A resolver that does not respond takes longer to fail than a visitor is willing to wait.
    const bool waits = now >= name.usable_until || (!name.failing && (!name.under_way || name.invalidated));
    std::error_code error;
    if (!name.under_way) {
        error = begin(host);
        name.under_way = !error;
    }
    if (!waits) {
        return name.answer;
    }
    if (error) {
        return NameAnswer{error, {}};
    }
    if (callback) {
        name.waiting.push_back(std::move(callback));
    }
    return std::nullopt;
}

// The entry of `host`. A new one replaces the entry with the oldest result.
NameCache::Name& NameCache::find_or_add(const std::string& host) {
    const auto found = names_.find(host);
    if (found != names_.end()) {
        return found->second;
    }
    while (names_.size() >= limits::names_known_max) {
        auto oldest = names_.end();
        for (auto at = names_.begin(); at != names_.end(); ++at) {
            if (!at->second.under_way &&
                (oldest == names_.end() || at->second.answered_at < oldest->second.answered_at)) {
                oldest = at;
            }
        }
        if (oldest == names_.end()) {
            break;  // a lookup is under way for each
        }
        names_.erase(oldest);
    }
    return names_[host];
}

void NameCache::invalidate(const std::string& host) noexcept {
    const MutexLock lock(mutex_);
    const auto found = names_.find(host);
    if (found != names_.end() && !found->second.answer.error) {
        Name& name = found->second;
        name.fresh_until = std::min(name.fresh_until, name.answered_at + limits::name_retry);
        name.invalidated = true;
    }
}

void NameCache::prefer(const std::string& host, SocketAddress address) noexcept {
    address.set_port(0);
    const MutexLock lock(mutex_);
    const auto found = names_.find(host);
    if (found != names_.end()) {
        found->second.preferred = address;
        found->second.preferred_until = clock_() + limits::name_preference;
        order_addresses(found->second.answer.addresses, address);
    }
}

std::size_t NameCache::size() const {
    const MutexLock lock(mutex_);
    return names_.size();
}

// Queues a lookup. One thread serves one name after the other while there are any.
std::error_code NameCache::begin(const std::string& host) {
    queue_.push_back(host);
    if (running_ == limits::lookups_max) {
        return {};
    }
    try {
        // allowed: nothing ends a lookup early, and joining would wait for it
        std::thread([self = shared_from_this()] { self->run(); }).detach();
        ++running_;
    } catch (const std::system_error& failure) {  // no more threads
        if (running_ == 0) {
            queue_.pop_back();
            return failure.code();
        }
    } catch (...) {
        queue_.pop_back();
        throw;
    }
    return {};
}

void NameCache::run() noexcept {
    ReleasableLock lock(mutex_);
    while (!queue_.empty()) {
        const std::string host = std::move(queue_.front());
        queue_.pop_front();
        lock.unlock();
        NameAnswer found;
        try {
            found = look_up_(host);
        } catch (...) {
            found = {std::make_error_code(std::errc::not_enough_memory), {}};
        }
        lock.lock();
        const std::vector<Callback> waiting = settle(names_.at(host), found, clock_());
        lock.unlock();
        for (const Callback& callback : waiting) {
            callback(found);
        }
        lock.lock();
    }
    --running_;
}

// Stores a result, in order, and returns the callbacks that wait for it; `found` becomes their argument.
std::vector<NameCache::Callback> NameCache::settle(Name& name, NameAnswer& found, TimePoint now) noexcept {
    name.under_way = name.invalidated = false;
    name.answered_at = now;
    name.failing = found.error && !is_answer(found.error);
    order_addresses(found.addresses, now < name.preferred_until ? name.preferred : SocketAddress());
    try {
        if (name.failing && now < name.usable_until) {
            found = name.answer;
        } else {
            name.answer = found;
        }
    } catch (...) {
        found = {std::make_error_code(std::errc::not_enough_memory), {}};
        name.answer = found;
    }
    name.fresh_until = now + (name.failing || found.error ? limits::name_retry : limits::name_fresh);
    if (!name.failing) {
        name.usable_until = found.error ? now : now + limits::name_stale_max;
    }
    return std::exchange(name.waiting, {});
}

}  // namespace ferrotunnel::runtime
