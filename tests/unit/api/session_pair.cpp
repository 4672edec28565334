#include "unit/api/session_pair.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>

namespace ferrotunnel::test {

struct SessionPair::Side final : mux::SessionEvents {
    Side(SessionPair& pair_in, const mux::Settings& settings, std::uint64_t seed)
        : pair(pair_in), random(seed), session(settings, *this, pair.alarm_, pool, random, Clock::now()), batch(pool) {}

    void on_control(Bytes) override {}
    void on_open(IntrusivePtr<mux::Stream> stream, const wire::Open& open) override {
        pair.listener_->deliver(
            detail::StreamCore::of_opened(std::move(stream), {.visitor = open.visitor}, pair.client_life_));
    }
    void on_goaway(wire::Code, std::string_view) override {}
    void on_drained() override {}
    void on_rotate_due() override {}

    SessionPair& pair;
    buffer::SlabPool pool;
    SeededRandom random;
    mux::Session session;
    mux::Batch batch;
};

SessionPair::SessionPair(mux::Settings server, mux::Settings client)
    : listener_(std::make_shared<detail::ListenerCore>(
          std::make_shared<detail::ServiceState>("test", std::function<void()>()))) {
    server.role = mux::Role::server;
    client.role = mux::Role::client;
    server_ = std::make_unique<Side>(*this, server, 1);
    client_ = std::make_unique<Side>(*this, client, 2);
    server_->session.establish({client.first_window, client.streams_max, client.opens_max});
    client_->session.establish({server.first_window, server.streams_max, server.opens_max});
    thread_ = std::thread([this] { run(); });
}

SessionPair::~SessionPair() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    alarm_->wake();
    thread_.join();
}

void SessionPair::post(std::function<void()> task) {
    {
        const std::lock_guard lock(mutex_);
        tasks_.push_back(std::move(task));
    }
    alarm_->wake();
}

void SessionPair::call(const std::function<void()>& task) {
    std::promise<void> done;
    post([&] {
        task();
        done.set_value();
    });
    done.get_future().wait();
}

void SessionPair::lose() {
    call([this] {
        server_->session.lose();
        client_->session.lose();
    });
}

void SessionPair::stop_client() {
    call([this] {
        client_life_->set_stopped();
        client_->session.lose();
        server_->session.lose();
    });
}

void SessionPair::hold_server_to_client(bool hold) {
    call([this, hold] { hold_ = hold; });
}

// Lets time pass; both sides answer pings meanwhile.
void SessionPair::pass(Duration time) {
    constexpr Duration step = std::chrono::seconds(5);
    for (; time > Duration::zero(); time -= step) {
        call([this, some = std::min(time, step)] {
            skipped_ += some;
            server_->session.tick(now());
            client_->session.tick(now());
        });
        call([] {});
    }
}

net::Address SessionPair::visitor() {
    net::Address address;
    address.family = 4;
    address.port = 40'000;
    address.bytes = {192, 0, 2, 7};
    return address;
}

void SessionPair::open(detail::OpenOperation* operation) {
    post([this, operation] {
        auto core = make_intrusive<detail::StreamCore>(detail::StreamOrigin(), server_life_);
        auto stream = server_->session.open({1, wire::ServiceKind::tcp, visitor(), {}}, core, true, now());
        if (!stream) {
            operation->complete(errc::busy, Stream());
            return;
        }
        core->bind(*stream);
        core->start_open(operation, nullptr);
    });
}

std::pair<std::uint64_t, std::uint64_t> SessionPair::bytes_held() {
    std::pair<std::uint64_t, std::uint64_t> held;
    call([&] { held = {server_->session.stats().bytes_held, client_->session.stats().bytes_held}; });
    return held;
}

std::pair<std::uint32_t, std::uint32_t> SessionPair::streams() {
    std::pair<std::uint32_t, std::uint32_t> count;
    call([&] { count = {server_->session.stats().streams, client_->session.stats().streams}; });
    return count;
}

bool SessionPair::run_tasks() {
    std::deque<std::function<void()>> tasks;
    bool stopping = false;
    {
        const std::lock_guard lock(mutex_);
        tasks.swap(tasks_);
        stopping = stopping_;
    }
    for (const std::function<void()>& task : tasks) {
        task();
    }
    return !stopping;
}

// Carries one batch, as one read of the other side. True when there was one.
bool SessionPair::carry(Side& from, Side& to) {
    if (!from.session.produce(from.batch, now())) {
        return false;
    }
    std::size_t bytes = from.batch.bytes();
    for (const Bytes& piece : from.batch.pieces()) {
        Bytes rest = piece;
        while (!rest.empty()) {
            Bytes part = rest.first(std::min<std::size_t>(rest.size(), buffer::slab_bytes));
            rest = rest.subspan(part.size());
            buffer::SlabPtr slab = to.pool.acquire(to.session.ledger().get());
            std::memcpy(slab->data(), part.data(), part.size());
            if (to.session.state() != mux::SessionState::closed) {
                to.session.receive(buffer::Slice(std::move(slab), 0, static_cast<std::uint32_t>(part.size())), now());
            }
        }
    }
    from.batch.clear();
    from.session.written(bytes, now());
    return true;
}

void SessionPair::run() {
    buffer::SlabPool::Scope server_scope(server_->pool);
    buffer::SlabPool::Scope client_scope(client_->pool);
    while (run_tasks()) {
        bool moved = !hold_ && carry(*server_, *client_);
        moved = carry(*client_, *server_) || moved;
        if (!moved) {
            alarm_->wait();
        }
    }
    server_->session.lose();
    client_->session.lose();
    server_.reset();
    client_.reset();
}

}  // namespace ferrotunnel::test
