#include "trunk/trunk.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <thread>

#include "support/count_allocations.hpp"
#include "support/eventually.hpp"
#include "transport/tls_pipe.hpp"
#include "unit/trunk/trunk_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::trunk::test;
using namespace std::chrono_literals;

namespace {

// Far fewer rounds than a spinning worker makes in two seconds, far more than one at rest.
constexpr std::uint64_t rounds_at_rest_max = 300;

class TellingWaker final : public buffer::Waker {
public:
    void wake() noexcept override { woken.tell(); }
    Signal woken;
};

// A pipe whose thread has no processor between the steps of its handshake: the peer has answered whenever it looks.
class SlowHandshake final : public transport::Pipe {
public:
    SlowHandshake(std::unique_ptr<transport::Pipe> pipe, std::function<void()> peer_acts)
        : pipe_(std::move(pipe)), peer_acts_(std::move(peer_acts)) {}

    transport::IoStatus handshake(std::string& why) override {
        transport::IoStatus status = transport::IoStatus::would_block;
        while (status == transport::IoStatus::would_block) {
            peer_acts_();
            status = pipe_->handshake(why);
        }
        return status;
    }
    transport::IoResult read(MutableBytes into) noexcept override { return pipe_->read(into); }
    transport::IoResult write(std::span<const Bytes> pieces) noexcept override { return pipe_->write(pieces); }
    bool has_pending() const noexcept override { return pipe_->has_pending(); }
    transport::IoStatus flush() noexcept override { return pipe_->flush(); }
    bool may_read_more() const noexcept override { return pipe_->may_read_more(); }
    void shutdown() noexcept override { pipe_->shutdown(); }
    bool exporter(MutableBytes out32) noexcept override { return pipe_->exporter(out32); }
    std::string description() const override { return pipe_->description(); }
    std::string error_text() const override { return pipe_->error_text(); }
    int fd() const noexcept override { return pipe_->fd(); }
    runtime::Fd release_fd() noexcept override { return pipe_->release_fd(); }

private:
    std::unique_ptr<transport::Pipe> pipe_;
    std::function<void()> peer_acts_;
};

std::vector<std::uint8_t> control_of(std::size_t bytes) {
    return std::vector<std::uint8_t>(bytes, 0xf6);
}

}  // namespace

TEST_CASE("a login that took too long ends without the worker spinning while it lingers") {
    LoneTrunk lone(settings_of(mux::Role::server), 50ms, 0, false);
    std::uint8_t first = 0;
    lone.send({&first, 1});
    lone.wait_for_bytes();  // the GOAWAY; this side says nothing and does not close
    std::uint64_t before = lone.running.rounds();
    REQUIRE(lone.owner.ended.wait());
    CHECK(lone.owner.end.code == wire::Code::handshake_timeout);
    CHECK(lone.running.rounds() - before < rounds_at_rest_max);
}

TEST_CASE("a failed trunk does not spin when its peer has closed one direction and reads nothing") {
    LoneTrunk lone(settings_of(mux::Role::server), 60s, 4'096);
    lone.send_ping(0, true);
    REQUIRE(lone.owner.opened.wait());
    on(lone.worker, [&] {
        for (int i = 0; i < 100; ++i) {
            lone.owner.trunk->session().send_control(control_of(16'000));
        }
        lone.owner.trunk->session_changed();
    });
    on(lone.worker, [&] { lone.owner.trunk->end(wire::Code::protocol, "for the test"); });
    REQUIRE_FALSE(runtime::shutdown_send(lone.peer.get()));
    std::uint64_t before = lone.running.rounds();
    REQUIRE(lone.owner.ended.wait());
    CHECK(lone.owner.end.code == wire::Code::protocol);
    CHECK(lone.running.rounds() - before < rounds_at_rest_max);
}

TEST_CASE("a trunk that is ended during the TLS handshake ends at once") {
    RunningWorker running;
    TrunkOwner owner(running.worker);
    auto [near, far] = tcp_pair();
    owner.start(transport::make_tls_pipe(std::move(near), transport::test::server_context()),
                settings_of(mux::Role::server), 1h);
    on(running.worker, [&] { owner.trunk->end(wire::Code::going_away, "the server stops"); });
    REQUIRE(owner.ended.wait());
    CHECK(owner.end.code == wire::Code::going_away);
    CHECK_FALSE(owner.end.opened);
    CHECK(running.rounds() > 0);
}

TEST_CASE("what comes in one piece with the end of the TLS handshake is read, though no event tells of it") {
    RunningWorker running;
    TrunkOwner owner(running.worker);
    auto [near, far] = tcp_pair();
    const auto client = transport::make_tls_pipe(std::move(far), transport::test::client_context());
    bool sent = false;
    const auto peer_acts = [&] {
        std::string why;
        if (!sent && client->handshake(why) == transport::IoStatus::ok) {
            std::uint8_t frame[wire::ping_frame_bytes];
            const Bytes ping{frame, wire::encode_ping(7, true, frame)};
            sent = client->write({&ping, 1}).bytes == ping.size();
        }
    };
    auto server = transport::make_tls_pipe(std::move(near), transport::test::server_context());
    owner.start(std::make_unique<SlowHandshake>(std::move(server), peer_acts), settings_of(mux::Role::server));
    REQUIRE(owner.opened.wait());
    REQUIRE(ferrotunnel::test::eventually(
        [&] { return on(running.worker, [&] { return owner.trunk->session().stats().frames_received; }) == 1; }));
}

TEST_CASE("a peer that sends but never reads is given up, also when TLS has taken all bytes") {
    RunningWorker running;
    TrunkOwner owner(running.worker);
    transport::test::TlsPair pipes = transport::test::open_tls(tcp_pair(4'096));
    mux::Settings settings = settings_of(mux::Role::server);
    settings.write_timeout = 300ms;
    owner.start(std::move(pipes.server), settings);
    REQUIRE(owner.opened.wait());
    std::uint8_t answer[wire::ping_frame_bytes];
    wire::encode_ping(0, true, answer);
    auto until = std::chrono::steady_clock::now() + runtime::test::patience;
    // One message in each round: TLS takes each message as a whole, and what the socket does not take stays with TLS.
    for (int sent = 0; owner.ended.count() == 0 && std::chrono::steady_clock::now() < until; ++sent) {
        on(running.worker, [&] {
            if (!owner.trunk->is_closed() && sent < 60) {
                owner.trunk->session().send_control(control_of(10'000));
                owner.trunk->session_changed();
            }
        });
        Bytes piece(answer);
        (void)pipes.client->write(std::span<const Bytes>(&piece, 1));  // an answer to a ping, as proof of life
        std::this_thread::sleep_for(5ms);
    }
    REQUIRE(owner.ended.count() == 1);
    CHECK(owner.end.code == wire::Code::silent);
}

TEST_CASE("many pings at once do not pass the peer's limit") {
    TrunkPair pair;
    on(pair.worker, [&] {
        for (int i = 0; i < 50; ++i) {
            pair.server.trunk->session().ping(pair.worker.now());
        }
        pair.server.trunk->session_changed();
    });
    on(pair.worker, [&] {
        pair.server.trunk->session().send_control(control_of(1));
        pair.server.trunk->session_changed();
    });
    REQUIRE(pair.client.controls.wait());
    on(pair.worker, [&] {
        pair.client.trunk->session().send_control(control_of(1));
        pair.client.trunk->session_changed();
    });
    CHECK(pair.server.controls.wait());
    CHECK(pair.client.ended.count() == 0);
    CHECK(pair.server.ended.count() == 0);
}

TEST_CASE("a stream wakes its trunk from another thread without memory") {
    TrunkPair pair;
    auto visitor = make_intrusive<TellingWaker>();
    auto backend = make_intrusive<TellingWaker>();
    IntrusivePtr<mux::Stream> accepted;
    IntrusivePtr<mux::Stream> opened;
    on(pair.worker, [&] {
        pair.client.on_stream = [&](IntrusivePtr<mux::Stream> stream, const wire::Open&) {
            stream->attach(backend, true);
            stream->accept();
            accepted = std::move(stream);
        };
        opened =
            *pair.server.trunk->session().open({1, wire::ServiceKind::tcp, {}, {}}, visitor, true, pair.worker.now());
        pair.server.trunk->session_changed();
    });
    REQUIRE(visitor->woken.wait());  // the stream has been answered
    ferrotunnel::test::fail_allocation(1);
    accepted->abort(wire::Code::cancelled);
    CHECK_FALSE(ferrotunnel::test::fail_allocation(0));
    CHECK(visitor->woken.wait(2));
    CHECK(opened->stream_end().code == wire::Code::cancelled);
    on(pair.worker, [&] {
        pair.client.on_stream = nullptr;
        accepted.reset();
        opened.reset();
    });
}

TEST_CASE("both sides drain at once, and both end in order") {
    TrunkPair pair;
    on(pair.worker, [&] {
        for (TrunkOwner* owner : {&pair.server, &pair.client}) {
            owner->trunk->session().drain(wire::Code::going_away, "drain", pair.worker.now());
            owner->trunk->session_changed();
        }
    });
    REQUIRE(pair.server.drained.wait());
    REQUIRE(pair.client.drained.wait());
    on(pair.worker, [&] {
        pair.server.trunk->end(wire::Code::none, "done");
        pair.client.trunk->end(wire::Code::none, "done");
    });
    REQUIRE(pair.server.ended.wait());
    REQUIRE(pair.client.ended.wait());
    CHECK(pair.server.end.code == wire::Code::none);
    CHECK(pair.client.end.code == wire::Code::none);
}

TEST_CASE("what a peer says in a GOAWAY cannot forge lines of a log") {
    LoneTrunk lone;
    lone.send_ping(0, true);
    REQUIRE(lone.owner.opened.wait());
    std::array<std::uint8_t, wire::goaway_frame_max> frame{};
    std::string evil = "bye\n2026-01-01 all is well \x1b[31m\xff";
    lone.send({frame.data(), wire::encode_goaway({0, wire::Code::internal, as_bytes(evil)}, frame.data())});
    REQUIRE(lone.owner.ended.wait());
    CHECK(lone.owner.end.text == "bye?2026-01-01 all is well ?[31m?");
    CHECK(lone.owner.end.by_peer);
}
