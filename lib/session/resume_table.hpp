// Sessions of a server that can be resumed, by the id that their client was given. Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>

#include "base/mutex.hpp"
#include "base/result.hpp"
#include "directory/refusal.hpp"
#include "login/key.hpp"
#include "login/proof.hpp"
#include "wire/control.hpp"

namespace ferrotunnel::session {

class ServerSession;

class ResumeTable {
public:
    /// Who may resume a session: the client process with this token that the session belongs to.
    struct Owner {
        wire::TokenId token{};
        wire::InstanceId instance{};
        login::Key key;
    };

    void enter(const wire::ResumeId& id, Owner owner, std::weak_ptr<ServerSession> session) {
        const MutexLock lock(mutex_);
        sessions_.insert_or_assign(id, Entry{std::move(owner), std::move(session), {}});
    }
    void leave(const wire::ResumeId& id) noexcept {
        const MutexLock lock(mutex_);
        sessions_.erase(id);
    }

    struct Found {
        std::shared_ptr<ServerSession> session;
        login::Key key;
    };
    /// Finds the requested session, if the request is from its owner and later than all accepted ones. `login_proof`:
    /// the client's proof in the login that sends the request.
    Result<Found, directory::Refusal> find(const wire::ResumeRequest& request, const wire::TokenId& token,
                                           const wire::InstanceId& instance, const wire::Proof& login_proof) {
        const MutexLock lock(mutex_);
        const auto known = sessions_.find(request.id);
        std::shared_ptr<ServerSession> session = known == sessions_.end() ? nullptr : known->second.session.lock();
        if (!session) {
            return directory::Refusal{wire::Code::unknown_session, "The session ended, or the server was restarted."};
        }
        Entry& entry = known->second;
        const login::Proof expected = login::make_resume_proof(entry.owner.key, login::Prover::client, request.attempt,
                                                               request.received, login_proof);
        if (!login::equal_constant_time(expected, request.proof) || entry.owner.token != token ||
            entry.owner.instance != instance) {
            return directory::Refusal{wire::Code::unauthorized,
                                      "The client could not prove that the session is its own."};
        }
        if (entry.attempt && request.attempt <= *entry.attempt) {
            return directory::Refusal{wire::Code::superseded, "A later attempt to resume the session arrived."};
        }
        entry.attempt = request.attempt;
        return Found{std::move(session), entry.owner.key};
    }

    std::size_t size() const {
        const MutexLock lock(mutex_);
        return sessions_.size();
    }

private:
    struct Entry {
        Owner owner;
        std::weak_ptr<ServerSession> session;
        std::optional<std::uint64_t> attempt;  // the last accepted attempt
    };

    mutable Mutex mutex_;
    std::map<wire::ResumeId, Entry> sessions_ GUARDED_BY(mutex_);  // at most as many as there are sessions
};

}  // namespace ferrotunnel::session
