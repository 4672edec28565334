// Idle streams to backends, kept by one worker per service. The most recently used one is taken first, so that surplus
// ones age and are closed. The pool checks now and then whether the streams' trunks still carry the service, since a
// draining trunk waits for them. Nothing is shared between workers, so nothing is locked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "base/intrusive_ptr.hpp"
#include "exchange/backend_stream.hpp"
#include "exchange/http_settings.hpp"

namespace ferrotunnel::exchange {

class BackendPool : private runtime::Deadline {
public:
    BackendPool(const HttpServerSettings& settings, runtime::DeadlineWheel& wheel) : wheel_(wheel) {
        set_bounds(settings);
    }
    ~BackendPool() { clear(); }
    BackendPool(const BackendPool&) = delete;
    BackendPool& operator=(const BackendPool&) = delete;

    /// Takes an idle stream to the service's backend that has seen no activity since; `user` uses it from now on. It is
    /// one of those that belong to `owner`, the owner that BackendStream was made with. Null if there is none.
    IntrusivePtr<BackendStream> take(const directory::HttpService& service, std::uint64_t owner, BackendUser& user);

    /// Keeps a stream whose exchange is over and whose backend keeps the connection. Closes it if the bounds are
    /// exceeded.
    void put(IntrusivePtr<BackendStream> stream) noexcept;

    /// Streams that are idle already stay for their full time; new ones are added only within the bounds.
    void set_bounds(const HttpServerSettings& settings) noexcept {
        max_ = settings.pool;
        per_service_max_ = settings.pool_per_service;
        idle_time_ = settings.pool_idle_timeout;
    }

    /// Ends all streams at once, including those that are closing.
    void clear() noexcept;

    std::size_t size() const noexcept { return size_; }

private:
    friend class BackendStream;

    /// The key of idle streams: the serial of their service, and their owner.
    struct Key {
        std::uint64_t service = 0;
        std::uint64_t owner = 0;

        friend bool operator==(const Key&, const Key&) = default;
    };
    struct Hash {
        std::size_t operator()(const Key& key) const noexcept {
            return static_cast<std::size_t>(key.service * 0x9e37'79b9'7f4a'7c15U ^ key.owner);
        }
    };
    static Key key_of(const BackendStream& stream) noexcept { return {stream.service()->serial(), stream.owner()}; }

    void keep(BackendStream& stream);
    void on_deadline() noexcept override;
    void sweep();

    /// Closes an idle stream because it expired, the backend ended it (both reported by the stream), or its trunk no
    /// longer carries the service.
    void drop(BackendStream& stream) noexcept;

    /// Holds a stream while it closes, since nothing else does.
    void keep_closing(BackendStream& stream) { closing_.emplace(&stream, IntrusivePtr<BackendStream>(&stream)); }
    void forget_closing(BackendStream& stream) noexcept { closing_.erase(&stream); }

    std::size_t max_ = 0;
    std::size_t per_service_max_ = 0;
    Duration idle_time_{};
    runtime::DeadlineWheel& wheel_;  // for the next sweep, while there is an idle stream
    std::unordered_map<Key, std::vector<IntrusivePtr<BackendStream>>, Hash> idle_;
    std::unordered_map<const BackendStream*, IntrusivePtr<BackendStream>> closing_;
    std::size_t size_ = 0;
};

}  // namespace ferrotunnel::exchange
