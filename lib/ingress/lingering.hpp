// Visitors of a worker that have their last response and may still send: usually the rest of an upload. It is read and
// discarded until they end too. A connection that is closed with unread bytes is reset, and many visitors lose their
// response by a reset that arrives before they have read it (RFC 9112, 9.6); so do HTTP/2 visitors whose stream is
// reset at once. Time is limited for each of them, bytes for all of a worker, so that discarding never becomes its main
// work.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>

#include "base/clock.hpp"

namespace ferrotunnel {
struct HttpServerSettings;
}

namespace ferrotunnel::ingress {

/// Belongs to the worker's thread. Its members are connections and HTTP/2 streams.
class Lingering {
public:
    class Member {
    public:
        Member(const Member&) = delete;
        Member& operator=(const Member&) = delete;

    protected:
        Member() = default;
        ~Member() = default;

    private:
        friend class Lingering;
        /// Others need the bytes: ends without waiting for the visitor. Called from within discarded(), at most once,
        /// after the member has left.
        virtual void cut_lingering() noexcept = 0;

        std::list<Member*>::iterator place_{};
        TimePoint until_ = never;
        std::uint64_t bytes_ = 0;
        bool is_in_ = false;
    };

    /// Returns when the member's time is over, unless it sends something.
    TimePoint begin(Member& member, const HttpServerSettings& settings, TimePoint now);
    /// The worker drains: from now on no member lingers longer than `linger_timeout` in total.
    void shorten_all(const HttpServerSettings& settings, TimePoint now) noexcept;
    /// Counts what a member has sent, and returns when its time is over; never if it has been cut. If there is too
    /// much, the member that has lingered longest is cut, which may be this one.
    TimePoint discarded(Member& member, std::uint64_t bytes, const HttpServerSettings& settings, TimePoint now);
    /// Does nothing for an object that is not a member.
    void end(Member& member) noexcept;

    std::size_t size() const noexcept { return members_.size(); }

private:
    std::list<Member*> members_;  // the one that has lingered longest first
    std::uint64_t bytes_ = 0;     // of all of them
    bool is_shortened_ = false;
};

}  // namespace ferrotunnel::ingress
