// What the mailbox promises between many senders and its sleeping owner.
#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "buffer/mailbox.hpp"
#include "support/bell.hpp"
#include "support/load.hpp"
#include "support/seeded_random.hpp"

namespace ferrotunnel::buffer {
namespace {

using test::Bell;
using test::load;
using test::SeededRandom;

constexpr std::size_t senders = 3;

class RingBell final : public Doorbell {
public:
    explicit RingBell(Bell& bell) : bell_(bell) {}
    void ring() noexcept override { bell_.ring(); }

private:
    Bell& bell_;
};

// Checks that each sender's messages come in order. Used by the owner alone, but for `read`.
struct Reader {
    std::array<std::uint64_t, senders> next{};
    std::uint64_t total = 0;
    bool wrong = false;
    std::array<std::atomic<std::uint64_t>, senders> read{};  // relaxed: lends the mailbox no ordering

    void take(std::size_t sender, std::uint64_t number) {
        wrong |= next[sender]++ != number;
        ++total;
        read[sender].store(number + 1, std::memory_order_relaxed);
    }
    // For any thread: waits until `count` of the sender's messages were read, or the owner has given up.
    void wait_until_read(std::size_t sender, std::uint64_t count, const std::atomic<bool>& given_up) const {
        for (int looks = 1; read[sender].load(std::memory_order_relaxed) < count && !given_up.load(); ++looks) {
            if (looks % 256 == 0) {
                std::this_thread::yield();
            }
        }
    }
};

class SenderLetter final : public Mail {
public:
    SenderLetter(Reader& reader, std::size_t sender, std::uint64_t number, std::atomic<std::uint64_t>& destroyed)
        : reader_(reader), sender_(sender), number_(number), destroyed_(destroyed) {}
    ~SenderLetter() override { destroyed_.fetch_add(1, std::memory_order_relaxed); }
    void deliver() noexcept override { reader_.take(sender_, number_); }

private:
    Reader& reader_;
    std::size_t sender_;
    std::uint64_t number_;
    std::atomic<std::uint64_t>& destroyed_;
};

TEST_CASE("a mailbox loses no message and no ring", "[mailbox][threads]") {
    // A patient sender waits until its message was read: else the ring of its next one would make up for a lost one.
    const bool patient = GENERATE(false, true);
    const std::uint64_t per_sender = load(patient ? 100'000 : 500'000);
    Bell bell;
    Mailbox box(std::make_unique<RingBell>(bell));
    Reader reader;
    std::atomic<std::uint64_t> destroyed{0};
    std::atomic<std::uint64_t> refused{0};
    std::atomic<bool> given_up{false};
    std::vector<std::thread> threads;
    for (std::size_t sender = 0; sender < senders; ++sender) {
        threads.emplace_back([&, sender] {
            for (std::uint64_t i = 0; i < per_sender; ++i) {
                if (!box.post(make_intrusive<SenderLetter>(reader, sender, i, destroyed))) {
                    refused.fetch_add(1, std::memory_order_relaxed);
                }
                if (patient) {
                    reader.wait_until_read(sender, i + 1, given_up);
                }
            }
        });
    }
    bool lost_ring = false;
    while (reader.total < senders * per_sender && !lost_ring) {
        box.deliver_all();
        if (reader.total < senders * per_sender && box.try_park()) {
            lost_ring = !bell.wait();
        }
    }
    given_up = true;
    for (auto& thread : threads) {
        thread.join();
    }
    CAPTURE(patient, bell.rings());
    REQUIRE_FALSE(lost_ring);
    REQUIRE_FALSE(reader.wrong);
    REQUIRE(reader.total == senders * per_sender);
    REQUIRE(refused.load() == 0);
    REQUIRE(destroyed.load() == senders * per_sender);
}

TEST_CASE("a mailbox whose owner wakes for other reasons too loses no ring", "[mailbox][threads]") {
    const std::uint64_t per_sender = load(500'000);
    Bell bell;
    Mailbox box(std::make_unique<RingBell>(bell));
    Reader reader;
    std::atomic<std::uint64_t> destroyed{0};
    std::vector<std::thread> threads;
    for (std::size_t sender = 0; sender < senders; ++sender) {
        threads.emplace_back([&, sender] {
            for (std::uint64_t i = 0; i < per_sender; ++i) {
                (void)box.post(make_intrusive<SenderLetter>(reader, sender, i, destroyed));
            }
        });
    }
    SeededRandom random(5);
    bool lost_ring = false;
    while (reader.total < senders * per_sender && !lost_ring) {
        if (box.try_park()) {
            if (random.chance(50)) {
                box.unpark();
                continue;
            }
            lost_ring = !bell.wait();
        }
        box.deliver_all();
    }
    for (auto& thread : threads) {
        thread.join();
    }
    REQUIRE_FALSE(lost_ring);
    REQUIRE_FALSE(reader.wrong);
}

TEST_CASE("messages posted while a mailbox closes are delivered or dropped, and destroyed once", "[mailbox][threads]") {
    const std::uint64_t rounds = load(5'000);
    for (std::uint64_t round = 0; round < rounds; ++round) {
        Bell bell;
        auto box = std::make_shared<Mailbox>(std::make_unique<RingBell>(bell));
        Reader reader;
        std::atomic<std::uint64_t> destroyed{0};
        std::atomic<std::uint64_t> accepted{0};
        std::uint64_t made_by_each = 20 + round % 40;
        std::vector<std::thread> threads;
        for (std::size_t sender = 0; sender < 2; ++sender) {
            threads.emplace_back([&, sender, held = box] {
                bool open = true;
                for (std::uint64_t i = 0; i < made_by_each; ++i) {
                    bool taken = held->post(make_intrusive<SenderLetter>(reader, sender, i, destroyed));
                    accepted.fetch_add(taken ? 1 : 0, std::memory_order_relaxed);
                    if (taken && !open) {
                        std::terminate();  // closed stays closed
                    }
                    open = taken;
                }
            });
        }
        for (std::uint64_t looks = round % 7; looks > 0; --looks) {
            box->deliver_all();
            if (box->try_park()) {
                box->unpark();
            }
        }
        box->close();
        box.reset();
        for (auto& thread : threads) {
            thread.join();
        }
        REQUIRE_FALSE(reader.wrong);
        REQUIRE(reader.total <= accepted.load());
        REQUIRE(destroyed.load() == 2 * made_by_each);
    }
}

}  // namespace
}  // namespace ferrotunnel::buffer
