// Endpoints on other threads than their session's. Each half of a stream has a thread that sends and one that receives;
// they sleep only when the stream has promised to wake them, so that a lost wake shows as a test that does not end in
// its generous time. ThreadSanitizer watches the rest.
#include <condition_variable>
#include <mutex>
#include <thread>

#include <catch2/catch.hpp>

#include "unit/mux/session_fixture.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::mux;
using namespace ferrotunnel::mux::test;

namespace {

constexpr auto generous = 120s;
std::atomic<bool> hung{false};

/// A place where one thread sleeps until any thread wakes it.
class Bed {
public:
    void wake() noexcept {
        std::lock_guard lock(mutex_);
        awake_ = true;
        condition_.notify_one();
    }
    void sleep() {
        std::unique_lock lock(mutex_);
        if (!condition_.wait_for(lock, generous, [&] { return awake_; })) {
            hung = true;
        }
        awake_ = false;
    }

private:
    std::mutex mutex_;
    std::condition_variable condition_;
    bool awake_ = false;
};

class BedWaker final : public buffer::Waker {
public:
    BedWaker(std::shared_ptr<Bed> first, std::shared_ptr<Bed> second)
        : first_(std::move(first)), second_(std::move(second)) {}
    void wake() noexcept override {
        first_->wake();
        if (second_) {
            second_->wake();
        }
    }

private:
    std::shared_ptr<Bed> first_;
    std::shared_ptr<Bed> second_;
};

std::uint8_t byte_at(std::uint64_t offset, std::uint32_t key) {
    return static_cast<std::uint8_t>((offset * 2'654'435'761U) >> 13 ^ key);
}

/// One half of a stream: two threads and where they sleep.
struct Half {
    std::shared_ptr<Bed> send_bed = std::make_shared<Bed>();
    std::shared_ptr<Bed> receive_bed = std::make_shared<Bed>();
    IntrusivePtr<BedWaker> waker = make_intrusive<BedWaker>(send_bed, receive_bed);
    IntrusivePtr<Stream> stream;
    std::uint32_t key = 0;
    std::uint64_t received = 0;
    bool finished = false;
    bool wrong = false;

    void send_all(std::uint64_t total) {
        ferrotunnel::test::SeededRandom random(key);
        std::uint64_t sent = 0;
        while (sent < total && !stream->send_is_dead() && !hung) {
            if (!stream->can_send()) {
                stream->flush();
                if (stream->try_park_send()) {
                    send_bed->sleep();
                }
                continue;
            }
            std::uint64_t most =
                std::min<std::uint64_t>(total - sent, random.chance(50) ? 300 : limits::data_payload_max);
            auto size = static_cast<std::uint32_t>(random.between(1, most));
            buffer::SlabPtr slab = buffer::make_slab(size);
            for (std::uint32_t i = 0; i < size; ++i) {
                slab->data()[i] = byte_at(sent + i, key);
            }
            stream->send(buffer::Slice(std::move(slab), 0, size), false);
            sent += size;
            if (random.chance(30)) {
                stream->flush();
            }
        }
        stream->finish();
    }

    void receive_all(std::uint32_t peer_key) {
        while (!finished && !stream->stream_end() && !hung) {
            StreamItem* item = stream->front();
            if (item == nullptr) {
                if (stream->try_park_receive() && !stream->stream_end()) {
                    receive_bed->sleep();
                }
                continue;
            }
            if (item->kind != StreamItem::Kind::data) {
                finished = item->kind == StreamItem::Kind::fin;
                stream->drop_front();
                continue;
            }
            std::uint32_t n = item->slice.size();
            for (std::uint32_t i = 0; i < n; ++i) {
                wrong = wrong || item->slice.data()[i] != byte_at(received + i, peer_key);
            }
            received += n;
            stream->consume(n);
        }
    }
};

/// Two sessions on one thread, joined by copying; it sleeps when neither has anything to send.
class Pair {
public:
    Pair() {
        for (int i = 0; i < 2; ++i) {
            Settings settings = i == 0 ? server_settings() : client_settings();
            settings.send_queue_max = 20'000;
            session[i] = std::make_unique<Session>(settings, events[i], waker_, pool, random_, now());
            session[i]->establish({});
            events[i].foreign = true;
        }
    }
    void run_until(const std::function<bool()>& done) {
        while (!done() && !hung) {
            bool moved = pump(0);
            moved = pump(1) || moved;
            if (!moved && !session[0]->has_output() && !session[1]->has_output() && !done()) {
                bed_->sleep();
            }
        }
    }
    void wake() { bed_->wake(); }
    static TimePoint now() { return Clock::now(); }

    buffer::SlabPool pool;
    buffer::SlabPool::Scope scope{pool};
    Recorder events[2];
    std::unique_ptr<Session> session[2];

private:
    bool pump(int from) {
        Batch batch(pool);
        bool moved = false;
        while (session[from]->produce(batch, now())) {
            moved = true;
            for (Bytes piece : batch.pieces()) {
                for (std::size_t at = 0; at < piece.size(); at += buffer::slab_bytes) {
                    std::size_t n = std::min<std::size_t>(piece.size() - at, buffer::slab_bytes);
                    buffer::SlabPtr slab = pool.acquire(session[1 - from]->ledger().get());
                    std::memcpy(slab->data(), piece.data() + at, n);
                    session[1 - from]->receive(buffer::Slice(std::move(slab), 0, static_cast<std::uint32_t>(n)), now());
                }
            }
            session[from]->written(batch.bytes(), now());
            batch.clear();
        }
        return moved;
    }

    std::shared_ptr<Bed> bed_ = std::make_shared<Bed>();
    IntrusivePtr<buffer::Waker> waker_ = make_intrusive<BedWaker>(bed_, nullptr);
    ferrotunnel::test::SeededRandom random_{7};
};

}  // namespace

TEST_CASE("bytes pass between threads through streams, and no wake is lost") {
    hung = false;
    constexpr std::uint32_t streams = 4;
    constexpr std::uint64_t total = 1'500'000;
    Pair pair;
    std::vector<std::unique_ptr<Half>> openers;
    std::vector<std::unique_ptr<Half>> acceptors;
    std::vector<std::thread> threads;
    std::atomic<std::uint32_t> running{0};
    auto start = [&](auto work) {
        ++running;
        threads.emplace_back([&, work] {
            work();
            --running;
            pair.wake();
        });
    };
    auto run_half = [&](Half& half, std::uint32_t peer_key) {
        start([&half] { half.send_all(total); });
        start([&half, peer_key] { half.receive_all(peer_key); });
    };
    pair.events[1].take = [&](Stream& stream) {
        auto half = std::make_unique<Half>();
        half->stream = IntrusivePtr<Stream>(&stream);
        half->key = stream.id() * 2 + 1;
        stream.attach(half->waker, true);
        stream.accept();
        run_half(*half, stream.id() * 2);
        acceptors.push_back(std::move(half));
    };
    for (std::uint32_t i = 0; i < streams; ++i) {
        auto half = std::make_unique<Half>();
        half->stream = pair.session[0]->open({}, half->waker, true, Pair::now()).value();
        half->key = half->stream->id() * 2;
        run_half(*half, half->stream->id() * 2 + 1);
        openers.push_back(std::move(half));
    }
    pair.run_until(
        [&] { return running == 0 && pair.session[0]->stats().streams == 0 && pair.session[1]->stats().streams == 0; });
    for (std::thread& thread : threads) {
        thread.join();
    }
    REQUIRE_FALSE(hung);
    REQUIRE(acceptors.size() == streams);
    for (auto* halves : {&openers, &acceptors}) {
        for (auto& half : *halves) {
            REQUIRE(half->finished);
            REQUIRE(half->received == total);
            REQUIRE_FALSE(half->wrong);
        }
    }
    pair.events[1].opened.clear();
    openers.clear();
    acceptors.clear();
    REQUIRE(pair.session[0]->stats().bytes_held == 0);
    REQUIRE(pair.session[1]->stats().bytes_held == 0);
}

TEST_CASE(
    "handles are aborted and destroyed on foreign threads while the session pushes, until it is lost under them") {
    hung = false;
    constexpr std::uint32_t streams = 24;
    Pair pair;
    std::atomic<std::uint32_t> running{0};
    std::atomic<std::uint32_t> aborted{0};
    std::vector<std::thread> threads;
    std::vector<std::unique_ptr<Half>> halves;
    // Every third opener aborts at some point, the others live until the session is lost.
    auto live = [&](Half& half, std::uint32_t number) {
        ferrotunnel::test::SeededRandom random(number);
        std::uint64_t limit = random.below(200'000);
        std::uint64_t passed = 0;
        while (!half.stream->stream_end() && !hung) {
            if (half.stream->can_send()) {
                half.stream->send(buffer::Slice::copy_of(Raw(random.between(1, 5'000))), false);
                half.stream->flush();
            }
            while (StreamItem* item = half.stream->front()) {
                passed += item->slice.size();
                half.stream->drop_front();
            }
            if (number < streams && number % 3 == 0 && passed >= limit) {
                half.stream->abort(Code::cancelled);
                ++aborted;
                break;
            }
            if (half.stream->try_park_receive() && !half.stream->can_send() && half.stream->try_park_send() &&
                !half.stream->stream_end()) {
                half.receive_bed->sleep();
            }
        }
        half.stream.reset();
        --running;
        pair.wake();
    };
    auto start = [&](IntrusivePtr<Stream> stream, std::unique_ptr<Half> half) {
        half->stream = std::move(stream);
        ++running;
        Half& reference = *half;
        auto number = static_cast<std::uint32_t>(halves.size());
        halves.push_back(std::move(half));
        threads.emplace_back([&live, &reference, number] { live(reference, number); });
    };
    pair.events[1].take = [&](Stream& stream) {
        auto half = std::make_unique<Half>();
        stream.attach(half->waker, true);
        stream.accept();
        start(IntrusivePtr<Stream>(&stream), std::move(half));
    };
    for (std::uint32_t i = 0; i < streams; ++i) {
        auto half = std::make_unique<Half>();
        auto stream = pair.session[0]->open({}, half->waker, true, Pair::now()).value();
        start(std::move(stream), std::move(half));
    }
    pair.run_until([&] { return aborted == streams / 3; });
    pair.session[0]->lose();
    pair.session[1]->lose();
    for (std::thread& thread : threads) {
        thread.join();
    }
    REQUIRE_FALSE(hung);
    REQUIRE(running == 0);
    pair.events[1].opened.clear();
    REQUIRE(pair.session[0]->stats().streams == 0);
    REQUIRE(pair.session[1]->stats().bytes_held == 0);
}
