#include "api/server_handover.hpp"

#include <unistd.h>

#include <thread>
#include <utility>

#include "admin/handover.hpp"
#include "base/mutex.hpp"
#include "base/secret_member.hpp"
#include "base/wipe.hpp"

namespace ferrotunnel::detail {

using admin::Answer;
using admin::Json;
using session::ServerSession;

namespace {

// Between the last accept and the first GOAWAY: accepted visitors have sent a request by then, which is answered.
constexpr std::chrono::milliseconds kept_settle{200};

/// Waits until each of some workers has processed its earlier mail. Shared with that mail, which may arrive late.
class WorkerBarrier {
public:
    explicit WorkerBarrier(std::size_t workers) : left_(workers) {}

    void arrive() {
        const MutexLock lock(mutex_);
        --left_;
        changed_.notify_all();
    }
    /// Waits no longer than this, for a worker that is blocked, or whose io_context does not run.
    void wait_for(std::chrono::milliseconds time) {
        ReleasableLock lock(mutex_);
        changed_.wait_for(lock, time, [this]() REQUIRES(mutex_) { return left_ == 0; });
    }

private:
    Mutex mutex_;
    ConditionVariable changed_;
    std::size_t left_ GUARDED_BY(mutex_);
};

}  // namespace

// --- the sockets ---

void ServerHandover::inherit(std::vector<runtime::NamedSocket> sockets) {
    needs_.shared->ports->passed()->add(std::move(sockets));
}

std::vector<runtime::NamedSocket> ServerHandover::sockets() const {
    std::vector<runtime::NamedSocket> all = needs_.control.sockets();
    for (runtime::NamedSocket& own : needs_.endpoints.sockets()) {
        all.push_back(std::move(own));
    }
    for (runtime::NamedSocket& port : needs_.shared->ports->sockets()) {
        all.push_back(std::move(port));
    }
    return all;
}

std::vector<runtime::NamedSocket> ServerHandover::sockets_to_keep() {
    keeps_sockets_ = true;
    return sockets();
}

// --- another process ---

Answer ServerHandover::answer_sockets(std::size_t first) {
    if (needs_.lifecycle.stopping()) {
        return admin::refusal(409, "ended", "The program is stopping.");
    }
    if (first == 0) {
        needs_.state.write_now();  // the other process is about to read them
    }
    std::vector<runtime::NamedSocket> all = sockets();
    Json list = Json::array();
    std::vector<runtime::Fd> passed;
    for (std::size_t i = first; i < all.size() && passed.size() < runtime::sockets_sent_max; ++i) {
        if (all[i].socket) {
            list.push_back({{"name", all[i].name}, {"address", runtime::local_address(all[i].socket.get()).text()}});
            passed.push_back(std::move(all[i].socket));
        }
    }
    const std::size_t next = first + runtime::sockets_sent_max;
    Answer answer{200, Json{{"version", admin::handover_version}, {"pid", ::getpid()}, {"sockets", std::move(list)}}};
    if (next < all.size()) {
        answer.body["next"] = next;
    }
    answer.sockets = std::make_shared<const std::vector<runtime::Fd>>(std::move(passed));
    return answer;
}

Answer ServerHandover::answer_ticket_keys() {
    std::string keys = needs_.edge.tls().ticket_keys();
    const WipeAtEnd wiped(keys);
    Answer answer;
    answer.is_secret = true;
    answer.text = with_secret_member("{}", admin::ticket_keys_member, keys);
    return answer;
}

Answer ServerHandover::begin() {
    if (needs_.lifecycle.stopping()) {
        return admin::refusal(409, "ended", "The program is stopping.");
    }
    is_replaced_ = true;
    Answer answer = needs_.control.drain(std::nullopt);
    if (answer.status != 202) {
        is_replaced_ = false;
        return answer;
    }
    needs_.cluster.freeze();  // before the answer: then the other process takes this one's links to members
    needs_.control.handover_to_process();
    needs_.log.info("another process replaced this one; present visitors may finish");
    return answer;
}

// --- the end ---

// From now on only others accept on the sockets, whose state does not change.
void ServerHandover::leave_sockets() {
    needs_.shared->ports->handover_to_process();
    needs_.listeners.close();
    needs_.edge.retire();
}

void ServerHandover::begin_drain() {
    needs_.state.finish();
    leave_sockets();
    needs_.sessions.for_each([](ServerSession& session) { session.handover_to_process(); });
    // A visitor that was accepted just before the listeners closed is not counted yet, and needs a trunk.
    constexpr std::chrono::milliseconds settle{500};
    check_idle_at_ = std::chrono::steady_clock::now() + settle;
}

void ServerHandover::drain_idle() {
    constexpr std::chrono::milliseconds check_every{100};
    const auto now = std::chrono::steady_clock::now();
    if (now < check_idle_at_ || needs_.edge.connections() != 0) {
        return;
    }
    check_idle_at_ = now + check_every;
    needs_.sessions.for_each([](ServerSession& session) { session.drain(ServerSession::Drain::if_idle); });
}

void ServerHandover::stop_accepting() {
    leave_sockets();
    const auto barrier = std::make_shared<WorkerBarrier>(needs_.workers.size());
    for (std::size_t i = 0; i < needs_.workers.size(); ++i) {
        if (!needs_.workers.at(i).post([barrier] { barrier->arrive(); })) {
            barrier->arrive();
        }
    }
    barrier->wait_for(std::chrono::seconds(1));
    if (needs_.edge.connections() != 0) {
        // allowed: the caller of stop() waits, and is not a worker
        std::this_thread::sleep_for(kept_settle);
    }
}

void ServerHandover::leave_kept_ports() {
    if (keeps_sockets_) {
        needs_.shared->ports->handover_to_process();
    }
}

}  // namespace ferrotunnel::detail
