// The requests of one worker whose service has no client at the moment: they wait here, in the order in which they
// came, since a client that was restarted, or lost its network for a moment, is back before anybody minds.
//
//   enter --the directory has changed--> on_change: continues, or enters again behind the others that were asked
//     '--the visitor leaves, the time is over--> leave
//
// Nobody tells the worker of a change: while somebody waits it looks at the directory's count of changes with each tick
// of the wheel, which is one load of an atomic, and nothing while nobody waits.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtime/deadline_wheel.hpp"

namespace ferrotunnel::directory {
class HttpRoutesCache;
}

namespace ferrotunnel::runtime {
class Worker;
}

namespace ferrotunnel::exchange {

class HoldLine;

/// Whoever may have to wait. Destroying it takes it off the line.
class HoldVisitor {
public:
    HoldVisitor() = default;
    HoldVisitor(const HoldVisitor&) = delete;
    HoldVisitor& operator=(const HoldVisitor&) = delete;

    void leave_hold() noexcept;

protected:
    ~HoldVisitor() { leave_hold(); }

    /// Called when services or their trunks have come or gone, or the health of a backend has changed. It is not in
    /// line then, and may enter again.
    virtual void on_change() noexcept = 0;

private:
    friend class HoldLine;
    HoldLine* line_ = nullptr;  // while it is in line
    std::size_t bytes_ = 0;
    HoldVisitor* previous_ = nullptr;
    HoldVisitor* next_ = nullptr;
};

class HoldLine final : private runtime::Deadline {
public:
    /// How many requests of a worker may wait, and what their heads may take: beyond that they are refused at once.
    static constexpr std::size_t visitors_max = 4'096;
    static constexpr std::size_t bytes_max = 16 << 20;

    HoldLine(runtime::Worker& worker, runtime::DeadlineWheel& wheel, directory::HttpRoutesCache& routes) noexcept
        : worker_(worker), wheel_(wheel), routes_(routes) {}
    ~HoldLine();

    /// For a visitor who has found nobody since the routes were last got from the cache: what changes after that will
    /// be seen. False: there is no room for one more, of so many bytes.
    bool enter(HoldVisitor& visitor, std::size_t bytes) noexcept;
    /// Nobody waits any more: those in line are asked a last time, and find it full from then on. The server ends, and
    /// no client can come back.
    void close() noexcept;
    std::size_t waiting() const noexcept { return waiting_; }

private:
    friend class HoldVisitor;

    void on_deadline() noexcept override;
    void ask_all() noexcept;
    void remove(HoldVisitor& visitor) noexcept;

    runtime::Worker& worker_;
    runtime::DeadlineWheel& wheel_;
    directory::HttpRoutesCache& routes_;
    std::uint64_t seen_ = 0;  // changes of the directory that all of them have looked at
    HoldVisitor* first_ = nullptr;
    HoldVisitor* last_ = nullptr;
    std::size_t waiting_ = 0;
    std::size_t bytes_ = 0;
    bool is_closed_ = false;
};

}  // namespace ferrotunnel::exchange
