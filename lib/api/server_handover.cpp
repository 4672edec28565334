// A server whose place another process takes, and the process that takes it. docs/architecture/upgrade.md has the
// whole.
#include <unistd.h>

#include <memory>
#include <thread>
#include <utility>

#include "admin/handover.hpp"
#include "api/make_facade.hpp"
#include "api/server_impl.hpp"
#include "base/mutex.hpp"
#include "net/host_port.hpp"

namespace ferrotunnel {

using admin::Answer;
using admin::Json;
using session::ServerSession;

namespace {

// Between the last accept and the first goodbye: whoever was accepted has sent a request by then, and it is answered.
constexpr std::chrono::milliseconds kept_settle{200};

/// Waits until each of some workers has done what it was posted before. Shared with their mail, which may come late.
class WorkerBarrier {
public:
    explicit WorkerBarrier(std::size_t workers) : left_(workers) {}

    void arrive() {
        const MutexLock lock(mutex_);
        --left_;
        changed_.notify_all();
    }
    /// For a worker that stands still, or whose io_context nobody runs, it waits no longer than this.
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

// --- who takes the place ---

void Server::Impl::inherit(std::vector<runtime::NamedSocket> sockets) {
    shared_->ports->passed()->add(std::move(sockets));
}

runtime::Fd Server::Impl::listen_at(const std::string& bind, const char* name, std::error_code& error) {
    const auto at = *runtime::SocketAddress::from_ip(*net::parse_host_port(bind));
    return shared_->ports->passed()->listen_on(at, error, name);
}

// --- whose place is taken ---

std::vector<runtime::NamedSocket> Server::Impl::sockets() const {
    std::vector<runtime::NamedSocket> all = control_.sockets();
    {
        const MutexLock lock(mutex_);
        for (const runtime::NamedSocket& own : own_sockets_) {
            all.push_back({runtime::copy_of(own.socket.get()), own.name});
        }
    }
    for (runtime::NamedSocket& port : shared_->ports->sockets()) {
        all.push_back(std::move(port));
    }
    return all;
}

std::vector<runtime::NamedSocket> Server::Impl::sockets_to_keep() {
    sockets_are_kept_ = true;
    return sockets();
}

Answer Server::Impl::answer_sockets(std::size_t first) {
    if (lifecycle_.stopping()) {
        return admin::refusal(409, "ended", "The program is ending.");
    }
    if (first == 0 && claims_) {
        claims_->write_now();  // the other process is about to read them
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

Answer Server::Impl::hand_over() {
    if (lifecycle_.stopping()) {
        return admin::refusal(409, "ended", "The program is ending.");
    }
    handed_over_ = true;
    Answer answer = control_.drain(std::nullopt);
    if (answer.status != 202) {
        handed_over_ = false;
        return answer;
    }
    control_.hand_over();
    log_.info("another process takes over; present visitors may finish");
    return answer;
}

// In the place of a drain. Trunks stay for as long as visitors may need them: a kept connection of HTTP has one more
// request.
void Server::Impl::begin_handover() {
    if (claims_) {
        claims_->finish();
    }
    shared_->ports->hand_over();
    (void)close_mail_->post(*group_->at(0).mailbox(), this);
    if (http_) {
        http_->retire();
    }
    for_each_session([](ServerSession& session) { session.hand_over(); });
    // Whoever was accepted just before the listeners closed is not counted yet, and needs a trunk.
    constexpr std::chrono::milliseconds settle{500};
    look_at_sessions_ = std::chrono::steady_clock::now() + settle;
}

// Before a drain, where somebody keeps the sockets: newcomers wait in the kernel for the next process, and who was
// accepted before that is served.
void Server::Impl::leave_newcomers() {
    shared_->ports->hand_over();
    (void)close_mail_->post(*group_->at(0).mailbox(), this);
    if (http_) {
        http_->retire();
    }
    const auto barrier = std::make_shared<WorkerBarrier>(group_->size());
    for (std::size_t i = 0; i < group_->size(); ++i) {
        if (!group_->at(i).post([barrier] { barrier->arrive(); })) {
            barrier->arrive();
        }
    }
    barrier->wait_for(std::chrono::seconds(1));
    if (http_ && http_->connections() != 0) {
        // allowed: whoever calls stop() waits, and is no worker
        std::this_thread::sleep_for(kept_settle);
    }
}

// Asked again and again while the visitors finish: as soon as no connection of HTTP can bring another request, trunks
// drain.
void Server::Impl::drain_handed_over() {
    constexpr std::chrono::milliseconds look_every{100};
    const auto now = std::chrono::steady_clock::now();
    if (now < look_at_sessions_ || (http_ && http_->connections() != 0)) {
        return;
    }
    look_at_sessions_ = now + look_every;
    for_each_session([](ServerSession& session) { session.drain_if_idle(); });
}

// --- the facade ---

void Server::inherit(std::vector<PassedSocket> sockets) {
    std::vector<runtime::NamedSocket> named;
    for (PassedSocket& one : sockets) {
        named.push_back({runtime::Fd(one.descriptor), std::move(one.name)});
    }
    detail::engine_of(impl_, "Server").inherit(std::move(named));
}

std::vector<PassedSocket> Server::sockets() const {
    std::vector<PassedSocket> sockets;
    for (runtime::NamedSocket& one : impl_ ? impl_->sockets_to_keep() : std::vector<runtime::NamedSocket>()) {
        sockets.push_back({one.socket.release(), std::move(one.name)});
    }
    return sockets;
}

std::uint64_t Server::socket_changes() const {
    return impl_ ? impl_->socket_changes() : 0;
}

bool Server::is_replaced() const {
    return impl_ && impl_->is_replaced();
}

void Server::take_control_name() {
    detail::engine_of(impl_, "Server").control().take_wanted_name();
}

}  // namespace ferrotunnel
