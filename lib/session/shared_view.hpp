// A session's snapshot for other threads, behind a lock.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "base/mutex.hpp"
#include "session/session_view.hpp"

namespace ferrotunnel::session {

/// Any thread may read. The session's worker changes it.
class SharedView {
public:
    SessionView copy() const {
        const MutexLock lock(mutex_);
        return view_;
    }
    /// Calls `read(const SessionView&)` with the lock held; it must be brief.
    template <typename Reader>
    void read(Reader read) const {
        const MutexLock lock(mutex_);
        read(view_);
    }
    /// Calls `change(SessionView&)` with the lock held.
    template <typename Change>
    void change(Change change) {
        const MutexLock lock(mutex_);
        change(view_);
    }

    /// The port of the service of this kind and name; 0 if there is none.
    std::uint16_t port_of(wire::ServiceKind kind, const std::string& name) const {
        const MutexLock lock(mutex_);
        const auto found = std::find_if(view_.services.begin(), view_.services.end(), [&](const auto& service) {
            return service.kind == kind && service.name == name;
        });
        return found != view_.services.end() ? found->port : std::uint16_t{0};
    }
    bool is_retired() const {
        const MutexLock lock(mutex_);
        return view_.retired;
    }

private:
    mutable Mutex mutex_;
    SessionView view_ GUARDED_BY(mutex_);
};

}  // namespace ferrotunnel::session
