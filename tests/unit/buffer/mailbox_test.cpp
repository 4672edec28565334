#include "buffer/mailbox.hpp"

#include <catch2/catch.hpp>
#include <memory>
#include <new>
#include <vector>

namespace ferrotunnel::buffer {
namespace {

class CountingBell final : public Doorbell {
public:
    explicit CountingBell(int& rings) : rings_(rings) {}
    void ring() noexcept override { ++rings_; }

private:
    int& rings_;
};

// A message that records what becomes of it.
class LoggedLetter final : public Mail {
public:
    struct Log {
        std::vector<int> delivered;
        int destroyed = 0;
    };
    LoggedLetter(Log& log, int number) : log_(log), number_(number) {}
    ~LoggedLetter() override { ++log_.destroyed; }
    void deliver() noexcept override { log_.delivered.push_back(number_); }

private:
    Log& log_;
    int number_;
};

struct Fixture {
    LoggedLetter::Log log;
    int rings = 0;
    Mailbox box{std::make_unique<CountingBell>(rings)};

    bool post(int number) { return box.post(make_intrusive<LoggedLetter>(log, number)); }
};

TEST_CASE_METHOD(Fixture, "a mailbox delivers in the order of posting, each message once", "[mailbox]") {
    REQUIRE_FALSE(box.deliver_all());
    for (int i = 0; i < 5; ++i) {
        REQUIRE(post(i));
    }
    REQUIRE(log.delivered.empty());
    REQUIRE(box.deliver_all());
    REQUIRE(log.delivered == std::vector<int>{0, 1, 2, 3, 4});
    REQUIRE(log.destroyed == 5);
    REQUIRE_FALSE(box.deliver_all());
}

TEST_CASE_METHOD(Fixture, "a mailbox's bell rings only when its owner is parked, and once", "[mailbox]") {
    REQUIRE(post(0));
    REQUIRE(rings == 0);
    REQUIRE_FALSE(box.try_park());
    REQUIRE(post(1));
    REQUIRE(rings == 0);
    box.deliver_all();
    REQUIRE(box.try_park());
    REQUIRE(box.try_park());
    REQUIRE(rings == 0);
    REQUIRE(post(2));
    REQUIRE(rings == 1);
    REQUIRE(post(3));
    REQUIRE(rings == 1);
    box.deliver_all();
    REQUIRE(post(4));
    REQUIRE(rings == 1);
}

TEST_CASE_METHOD(Fixture, "a mailbox's owner that is awake again needs no ring", "[mailbox]") {
    REQUIRE(box.try_park());
    box.unpark();
    REQUIRE(post(0));
    REQUIRE(rings == 0);
    REQUIRE_FALSE(box.try_park());
}

TEST_CASE_METHOD(Fixture, "closing a mailbox drops what is inside and what comes later", "[mailbox]") {
    REQUIRE(post(0));
    REQUIRE(post(1));
    box.close();
    REQUIRE(log.destroyed == 2);
    REQUIRE_FALSE(post(2));
    REQUIRE(log.destroyed == 3);
    REQUIRE_FALSE(box.post_call([] {}));
    REQUIRE_FALSE(box.deliver_all());
    REQUIRE(box.try_park());
    REQUIRE_FALSE(post(3));
    REQUIRE(rings == 0);
    box.close();
    REQUIRE(log.delivered.empty());
}

TEST_CASE_METHOD(Fixture, "a mailbox's destructor drops what is inside", "[mailbox]") {
    {
        Mailbox other(std::make_unique<CountingBell>(rings));
        other.post(make_intrusive<LoggedLetter>(log, 0));
    }
    REQUIRE(log.destroyed == 1);
    REQUIRE(log.delivered.empty());
}

TEST_CASE_METHOD(Fixture, "a call is posted with what it holds", "[mailbox]") {
    auto number = std::make_unique<int>(7);
    int seen = 0;
    REQUIRE(box.post_call([&seen, number = std::move(number)] { seen = *number; }));
    box.deliver_all();
    REQUIRE(seen == 7);
}

TEST_CASE_METHOD(Fixture, "what is posted during delivery comes with the next", "[mailbox]") {
    box.post_call([this] { post(1); });
    REQUIRE(box.deliver_all());
    REQUIRE(log.delivered.empty());
    REQUIRE_FALSE(box.try_park());
    REQUIRE(box.deliver_all());
    REQUIRE(log.delivered == std::vector<int>{1});
}

TEST_CASE_METHOD(Fixture, "a message may post itself again while it is delivered", "[mailbox]") {
    class Again final : public Mail {
    public:
        Again(Mailbox& box, int& times) : box_(box), times_(times) {}
        void deliver() noexcept override {
            if (++times_ < 3) {
                box_.post(IntrusivePtr<Mail>(this));
            }
        }

    private:
        Mailbox& box_;
        int& times_;
    };
    int times = 0;
    box.post(make_intrusive<Again>(box, times));
    post(1);
    while (box.deliver_all()) {
    }
    REQUIRE(times == 3);
    REQUIRE(log.delivered == std::vector<int>{1});
}

TEST_CASE_METHOD(Fixture, "a mailbox that is closed by a message delivers nothing after it", "[mailbox]") {
    post(0);
    box.post_call([this] { box.close(); });
    post(1);
    post(2);
    box.deliver_all();
    REQUIRE(log.delivered == std::vector<int>{0});
    REQUIRE(log.destroyed == 3);
    REQUIRE_FALSE(post(3));
}

TEST_CASE_METHOD(Fixture, "a delivery within a delivery keeps the order", "[mailbox]") {
    box.post_call([this] {
        post(3);
        box.deliver_all();
        CHECK(log.delivered == std::vector<int>{1, 2, 3});
    });
    post(1);
    post(2);
    box.deliver_all();
    REQUIRE(log.delivered == std::vector<int>{1, 2, 3});
}

TEST_CASE_METHOD(Fixture, "a message may be dropped while it posts another", "[mailbox]") {
    class Last final : public Mail {
    public:
        Last(Mailbox& box, bool& answer) : box_(box), answer_(answer) {}
        ~Last() override {
            answer_ = box_.post_call([] {});
        }
        void deliver() noexcept override {}

    private:
        Mailbox& box_;
        bool& answer_;
    };
    bool answer = true;
    box.post(make_intrusive<Last>(box, answer));
    box.close();
    REQUIRE_FALSE(answer);
}

TEST_CASE_METHOD(Fixture, "a message that runs out of memory is lost like one that is dropped, and no other",
                 "[mailbox]") {
    auto held = std::make_shared<int>(0);
    post(0);
    box.post_call([held] { throw std::bad_alloc(); });
    post(1);
    REQUIRE(held.use_count() == 2);
    REQUIRE(box.deliver_all());
    CHECK(held.use_count() == 1);
    CHECK(log.delivered == std::vector<int>{0, 1});
}

// Counts its wakes, and tells when it is destroyed.
struct Sleeper final : RefCounted {
    explicit Sleeper(bool& gone_in) : gone(gone_in) {}
    ~Sleeper() override { gone = true; }
    void woken() noexcept { ++wakes; }

    bool& gone;
    int wakes = 0;
    IntrusivePtr<WakeMail<Sleeper>> mail = make_intrusive<WakeMail<Sleeper>>();
};

TEST_CASE_METHOD(Fixture, "a wake is under way once, and may be sent again when it has arrived", "[mailbox]") {
    bool gone = false;
    auto sleeper = make_intrusive<Sleeper>(gone);
    CHECK(sleeper->mail->post(box, *sleeper));
    CHECK(sleeper->mail->post(box, *sleeper));
    box.deliver_all();
    CHECK(sleeper->wakes == 1);
    CHECK(sleeper->mail->post(box, *sleeper));
    box.deliver_all();
    CHECK(sleeper->wakes == 2);
}

TEST_CASE_METHOD(Fixture, "a wake keeps its target until it arrives or is dropped", "[mailbox]") {
    bool gone = false;
    auto sleeper = make_intrusive<Sleeper>(gone);
    CHECK(sleeper->mail->post(box, *sleeper));
    SECTION("and arrives") {
        sleeper.reset();
        CHECK_FALSE(gone);
        box.deliver_all();
    }
    SECTION("and is dropped") {
        sleeper.reset();
        CHECK_FALSE(gone);
        box.close();
    }
    SECTION("and finds the mailbox closed") {
        box.close();
        CHECK_FALSE(sleeper->mail->post(box, *sleeper));
        sleeper.reset();
    }
    CHECK(gone);
}

TEST_CASE_METHOD(Fixture, "a wake does what it was made for, and keeps what it wakes by any kind of pointer",
                 "[mailbox]") {
    SECTION("a plain one") {
        using PlainMail = WakeMail<int, int*>;
        int count = 0;
        auto mail = make_intrusive<PlainMail>([](int* const& number) noexcept { ++*number; });
        CHECK(mail->post(box, &count));
        CHECK(mail->post(box, &count));
        box.deliver_all();
        CHECK(count == 1);
    }
    SECTION("a shared one") {
        using SharedMail = WakeMail<int, std::shared_ptr<int>>;
        auto count = std::make_shared<int>(0);
        auto mail = make_intrusive<SharedMail>([](const std::shared_ptr<int>& number) noexcept { ++*number; });
        CHECK(mail->post(box, count));
        CHECK(count.use_count() == 2);
        box.deliver_all();
        CHECK(*count == 1);
        CHECK(mail->post(box, count));
        box.close();
        CHECK_FALSE(mail->post(box, count));
        CHECK(count.use_count() == 1);
        CHECK(*count == 1);
    }
}

}  // namespace
}  // namespace ferrotunnel::buffer
