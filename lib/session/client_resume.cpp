#include "session/client_resume.hpp"

#include <algorithm>
#include <utility>

#include "session/limits.hpp"

namespace ferrotunnel::session {

using wire::Code;

namespace {

// Codes that another attempt would get again.
bool is_final(Code code) {
    return code == Code::unknown_session || code == Code::unauthorized || code == Code::superseded ||
           code == Code::version || code == Code::protocol || code == Code::unsupported;
}

}  // namespace

ClientResume::ClientResume(runtime::Worker& worker, std::shared_ptr<ClientShared> shared, const ClientLogin& login,
                           const login::Agreement& agreed, Callbacks callbacks)
    : worker_(worker),
      shared_(std::move(shared)),
      login_(login),
      id_(agreed.resume_id),
      key_(*agreed.resume_key),
      callbacks_(std::move(callbacks)),
      timer_(worker, [this] { attempt(); }) {}

ClientResume::~ClientResume() {
    stop();
}

void ClientResume::begin(std::uint64_t received) {
    received_ = received;
    trying_ = true;
    last_dialled_at_.reset();
    drop_attempt();
    // At once, but not too often: what cuts each connection may cut the next one, too.
    timer_.set(std::max(worker_.now(), dialled_at_ + limits::resume_attempt_every));
}

void ClientResume::stop() noexcept {
    trying_ = false;
    timer_.cancel();
    drop_attempt();
}

bool ClientResume::finish() {
    if (!trunk_ && !last_dialled_at_) {
        attempt();
        timer_.cancel();
        last_dialled_at_ = dialled_at_;
    }
    return trunk_ || worker_.now() < *last_dialled_at_ + limits::resume_last_attempt;
}

void ClientResume::drop_attempt() noexcept {
    dial_.reset();
    if (const IntrusivePtr<trunk::Trunk> trunk = std::exchange(trunk_, nullptr)) {
        trunk->abandon();
    }
}

// Called each second: an attempt that is in its login continues; it has a deadline of its own.
void ClientResume::attempt() {
    const Duration every = login_.server->access.proxy ? limits::resume_proxy_attempt : limits::resume_attempt_every;
    timer_.set_after(every);
    if (trunk_) {
        return;
    }
    drop_attempt();
    dialled_at_ = worker_.now();
    dial_ = std::make_unique<ServerDial>(worker_, *login_.server, every,
                                         [this](const std::string& problem, std::unique_ptr<transport::Pipe> pipe) {
                                             on_connected(problem, std::move(pipe));
                                         });
}

void ClientResume::on_connected(const std::string& problem, std::unique_ptr<transport::Pipe> pipe) {
    if (!problem.empty() || !trying_) {
        return;  // the timer tries again
    }
    trunk_ = make_intrusive<trunk::Trunk>(worker_, std::move(pipe), shared_->mux, *shared_->random,
                                          shared_->handshake_deadline, static_cast<trunk::TrunkEvents&>(*this));
    const IntrusivePtr<trunk::Trunk> keep = trunk_;  // the trunk may end within start()
    keep->start();
}

void ClientResume::on_pipe_open() {
    login::ClientHandshake::Settings settings = login_settings(*shared_, login_, trunk_->pipe());
    settings.resume = {id_, key_, ++attempts_, received_};
    handshake_ = std::make_unique<login::ClientHandshake>(std::move(settings), *shared_->random);
    trunk_->allow_takeover();
    trunk_->session().send_control(handshake_->start());
    trunk_->session_changed();
}

void ClientResume::on_control(Bytes message) {
    const login::Step step = handshake_->receive(message);
    if (step.send) {
        trunk_->session().send_control(*step.send);
        trunk_->session_changed();
    }
    if (step.want == login::Want::nothing) {
        transfer(handshake_->agreed().resumed_received);
    } else if (step.want == login::Want::close) {
        const login::HandshakeFailure& failure = handshake_->failure();
        trunk_->end(failure.by_peer ? Code::none : failure.code, failure.text_for_peer);
        failed(failure.code, failure.text);
    }
}

// The connection belongs to the session from here on.
void ClientResume::transfer(std::uint64_t peer_received) {
    const IntrusivePtr<trunk::Trunk> trunk = std::exchange(trunk_, nullptr);
    trying_ = false;
    timer_.cancel();
    buffer::Slice rest;
    std::unique_ptr<transport::Pipe> pipe = trunk->transfer(rest);
    callbacks_.resumed(std::move(pipe), peer_received, rest);
}

void ClientResume::on_trunk_end(const trunk::TrunkEnd& end) {
    trunk_ = nullptr;
    if (end.by_peer) {
        failed(end.code, end.text);
    }
}

void ClientResume::failed(Code code, const std::string& text) {
    shared_->log->debug("a session could not be resumed yet", {{"code", wire::name_of(code)}, {"why", text}});
    if (trying_ && is_final(code)) {
        trying_ = false;
        timer_.cancel();
        callbacks_.refused({code, text, true, true, true});
    }
}

}  // namespace ferrotunnel::session
