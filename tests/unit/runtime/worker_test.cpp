#include "runtime/worker.hpp"

#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <atomic>
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "loop.hpp"
#include "runtime/socket.hpp"
#include "runtime/timer.hpp"
#include "runtime/worker_group.hpp"
#include "support/count_allocations.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::runtime;
using namespace std::chrono_literals;
using runtime::test::on;
using runtime::test::Signal;

namespace {

struct Work final : Deferred {
    explicit Work(std::function<void()> work_in) : work(std::move(work_in)) {}
    void run_deferred() noexcept override { work(); }
    std::function<void()> work;
};

struct Reader final : PollTarget {
    Reader(Worker& worker_in, Fd fd_in) : worker(worker_in), fd(std::move(fd_in)) {
        worker.poller().add(fd.get(), *this);
    }
    ~Reader() { worker.poller().remove(fd.get(), *this); }
    void on_events(std::uint32_t) noexcept override {
        std::uint8_t bytes[4096];
        for (;;) {
            IoResult result = read_some(fd.get(), MutableBytes(bytes));
            if (result.bytes == 0) {
                break;
            }
            total += result.bytes;
            if (on_bytes) {
                on_bytes();
            }
        }
    }
    Worker& worker;
    Fd fd;
    std::size_t total = 0;
    std::function<void()> on_bytes;
};

}  // namespace

TEST_CASE("posted work runs in order, on the worker, in a round") {
    Worker worker;
    CHECK(Worker::current() == nullptr);
    std::vector<int> order;
    for (int i = 0; i < 100; ++i) {
        worker.post([&, i] { order.push_back(i); });  // before the start: kept
    }
    worker.start();
    CHECK(on(worker, [&] { return Worker::current() == &worker && worker.here(); }));
    REQUIRE(order.size() == 100);
    CHECK(std::is_sorted(order.begin(), order.end()));
    CHECK_FALSE(worker.here());
}

TEST_CASE("deferred work runs once, at the end of the round, and may defer again") {
    asio::io_context io;
    Worker worker(io);
    std::string log;
    Work again([&] { log += "c"; });
    Work first([&] {
        log += "b";
        worker.defer(again);
    });
    Work cancelled([&] { log += "!"; });
    worker.as_round([&] {
        worker.defer(first);
        worker.defer(first);
        worker.defer(cancelled);
        CHECK(first.deferred());
        log += "a";
        cancelled.cancel_deferred();
    });
    CHECK(log == "abc");
}

TEST_CASE("limit: work that defers itself for ever takes turns with mail, timers and sockets") {
    asio::io_context io;
    auto runs_between_mail = [](Worker& worker, auto&& wait) {
        std::vector<int> runs_at_mail;
        int runs = 0;
        std::size_t posted = 0;
        Work* self = nullptr;
        Work forever([&] {
            ++runs;
            if (runs_at_mail.size() < 100) {
                worker.defer(*self);
                ++posted;
                worker.post([&] { runs_at_mail.push_back(runs); });
            }
        });
        self = &forever;
        // Waits until nothing is under way any more that uses the variables of this block.
        wait([&] { worker.defer(forever); },
             [&] { return runs_at_mail.size() >= 100 && runs_at_mail.size() == posted && !forever.deferred(); });
        int most = 0;
        for (std::size_t i = 1; i < runs_at_mail.size(); ++i) {
            most = std::max(most, runs_at_mail[i] - runs_at_mail[i - 1]);
        }
        return most;
    };
    SECTION("with a thread of its own") {
        Worker worker;
        worker.start();
        CHECK(runs_between_mail(worker, [&](auto begin, auto done) {
                  on(worker, begin);
                  while (!on(worker, done)) {
                      std::this_thread::yield();
                  }
              }) == 1);
    }
    SECTION("inside an application's io_context") {
        Worker worker(io);
        CHECK(runs_between_mail(worker, [&](auto begin, auto done) {
                  worker.as_round(begin);
                  while (!done()) {
                      io.run_one();
                  }
              }) == 1);
    }
}

TEST_CASE("deferred work that is destroyed is not run") {
    Worker worker;
    worker.start();
    on(worker, [&] {
        auto doomed = std::make_unique<Work>([] { FAIL("destroyed"); });
        worker.defer(*doomed);
        Work last([] { FAIL("destroyed"); });
        worker.defer(last);
        doomed.reset();
    });
    on(worker, [] {});
}

TEST_CASE("deferring outside of a round makes one") {
    asio::io_context io;
    Worker worker(io);
    io.poll();
    int runs = 0;
    Work work([&] {
        ++runs;
        CHECK(worker.here());
    });
    worker.defer(work);
    CHECK(runs == 0);
    io.poll();
    CHECK(runs == 1);
}

TEST_CASE("time stands still within a round") {
    Worker worker;
    worker.start();
    on(worker, [&] {
        TimePoint before = worker.now();
        while (Clock::now() - before < 1ms) {
        }
        CHECK(worker.now() == before);
    });
}

TEST_CASE("timers fire in order of their deadlines, cancelled and moved ones as they should") {
    Worker worker;
    worker.start();
    std::vector<std::unique_ptr<Timer>> timers;
    std::vector<int> fired;
    Signal done;
    on(worker, [&] {
        TimePoint start = worker.now();
        for (int i = 0; i < 50; ++i) {
            timers.push_back(std::make_unique<Timer>(worker, [&, i] { fired.push_back(i); }));
            timers.back()->set(start + std::chrono::microseconds(200 * (50 - i)));
        }
        timers[10]->cancel();
        CHECK_FALSE(timers[10]->is_set());
        timers[0]->set(start - 1s);     // earlier than the others
        timers[49]->set(start + 20ms);  // later than the others
        timers.push_back(std::make_unique<Timer>(worker, [&] { done.tell(); }));
        timers.back()->set(start + 30ms);
        CHECK(worker.timers_set() == 50);
    });
    REQUIRE(done.wait());
    on(worker, [&] {
        std::vector<int> expected{0};
        for (int i = 48; i > 0; --i) {
            if (i != 10) {
                expected.push_back(i);
            }
        }
        expected.push_back(49);
        CHECK(fired == expected);
        CHECK(worker.timers_set() == 0);
        timers.clear();
    });
}

TEST_CASE("of timers that are due at once a round fires so many, and mail comes between them") {
    Worker worker;
    worker.start();
    constexpr int many = 3 * TimerQueue::fired_at_once_max;
    std::vector<std::unique_ptr<Timer>> timers;
    std::vector<int> fired_before_mail;
    int fired = 0;
    Signal done;
    on(worker, [&] {
        for (int i = 0; i < many; ++i) {
            timers.push_back(std::make_unique<Timer>(worker, [&] {
                if (fired++ % TimerQueue::fired_at_once_max == 0) {
                    worker.post([&] { fired_before_mail.push_back(fired); });
                }
                if (fired == many) {
                    worker.post([&] { done.tell(); });
                }
            }));
            timers.back()->set(worker.now() - 1s);
        }
    });
    REQUIRE(done.wait());
    on(worker, [&] {
        constexpr int once = TimerQueue::fired_at_once_max;
        CHECK(fired_before_mail == std::vector<int>{once, 2 * once, 3 * once});
        timers.clear();
    });
}

TEST_CASE("moving a deadline later arms nothing") {
    asio::io_context io;
    Worker worker(io);
    Timer timer(worker, [] {});
    worker.as_round([&] { timer.set_after(1h); });
    CHECK(worker.counters().timer_arms == 1);
    for (int i = 0; i < 100; ++i) {
        worker.as_round([&] { timer.set_after(2h); });
    }
    CHECK(worker.counters().timer_arms == 1);
    worker.as_round([&] { timer.set_after(1min); });
    CHECK(worker.counters().timer_arms == 2);
    io.poll();
}

TEST_CASE("a timer's callback may set it again, set it to the past, and destroy it") {
    Worker worker;
    worker.start();
    std::unique_ptr<Timer> timer;
    std::unique_ptr<Timer> other;
    int runs = 0;
    Signal done;
    on(worker, [&] {
        other = std::make_unique<Timer>(worker, [] { FAIL("destroyed before its time"); });
        timer = std::make_unique<Timer>(worker, [&] {
            if (++runs < 5) {
                timer->set(runs % 2 == 0 ? worker.now() - 1s : worker.now() + 1ms);
                return;
            }
            other.reset();
            timer.reset();
            done.tell();
        });
        other->set_after(1h);
        timer->set(worker.now());
    });
    REQUIRE(done.wait());
    CHECK(runs == 5);
    CHECK(on(worker, [&] { return worker.timers_set(); }) == 0);
}

TEST_CASE("the heap of timers keeps its order under random changes") {
    asio::io_context io;
    Worker worker(io);
    std::mt19937 random(7);
    std::vector<std::unique_ptr<Timer>> timers;
    std::vector<TimePoint> fired;
    TimePoint base = Clock::now() - 1h;  // everything is due at once
    worker.as_round([&] {
        for (int i = 0; i < 300; ++i) {
            timers.push_back(std::make_unique<Timer>(worker, [] {}));
        }
        std::vector<TimePoint> wanted(timers.size(), never);
        for (int step = 0; step < 5000; ++step) {
            std::size_t i = random() % timers.size();
            if (random() % 5 == 0) {
                timers[i]->cancel();
                wanted[i] = never;
            } else if (random() % 20 == 0) {
                timers[i] = std::make_unique<Timer>(worker, [] {});
                wanted[i] = never;
            } else {
                wanted[i] = base + std::chrono::microseconds(random() % 100'000);
                timers[i]->set(wanted[i]);
            }
        }
        std::vector<std::unique_ptr<Timer>> checked;
        for (std::size_t i = 0; i < timers.size(); ++i) {
            checked.push_back(std::make_unique<Timer>(worker, [&, when = wanted[i]] { fired.push_back(when); }));
            checked.back()->set(wanted[i]);
        }
        timers = std::move(checked);
    });
    io.poll();
    std::size_t expected = fired.size();
    CHECK(worker.timers_set() == 0);
    CHECK(expected > 100);
    CHECK(std::is_sorted(fired.begin(), fired.end()));
}

TEST_CASE("sockets are served, and a wake by one socket costs a bounded number of rounds") {
    Worker worker;
    worker.start();
    auto [ours, theirs] = socket_pair();
    std::unique_ptr<Reader> reader;
    Signal got;
    on(worker, [&, fd = &ours] {
        reader = std::make_unique<Reader>(worker, std::move(*fd));
        reader->on_bytes = [&] { got.tell(); };
    });
    for (int i = 1; i <= 1000; ++i) {
        REQUIRE(write_some(theirs.get(), as_bytes("ping")).bytes == 4);
        REQUIRE(got.wait(i));
    }
    on(worker, [&] {
        CHECK(reader->total == 4000);
        CHECK(worker.counters().rounds < 20'000);
        reader.reset();
    });
}

TEST_CASE("mail from many threads wakes a sleeping worker every time") {
    Worker worker;
    worker.start();
    constexpr int threads = 4;
    constexpr int each = 5'000;
    std::atomic<int> delivered{0};
    std::vector<std::thread> senders;
    for (int t = 0; t < threads; ++t) {
        senders.emplace_back([&, mailbox = worker.mailbox()] {
            for (int i = 0; i < each; ++i) {
                mailbox->post_call([&] { delivered.fetch_add(1); });
                if (i % 16 == 0) {
                    on(worker, [] {});  // lets the worker fall asleep now and then
                }
            }
        });
    }
    for (auto& sender : senders) {
        sender.join();
    }
    on(worker, [] {});
    CHECK(delivered == threads * each);
}

TEST_CASE("mail that mails itself does not starve sockets and timers") {
    Worker worker;
    worker.start();
    std::atomic<bool> stop{false};
    std::function<void()> repeat = [&] {
        if (!stop) {
            worker.post([&] { repeat(); });
        }
    };
    auto [ours, theirs] = socket_pair();
    std::unique_ptr<Reader> reader;
    std::unique_ptr<Timer> timer;
    Signal bytes;
    Signal time;
    on(worker, [&, fd = &ours] {
        reader = std::make_unique<Reader>(worker, std::move(*fd));
        reader->on_bytes = [&] { bytes.tell(); };
        timer = std::make_unique<Timer>(worker, [&] { time.tell(); });
        timer->set_after(1ms);
        repeat();
    });
    REQUIRE(write_some(theirs.get(), as_bytes("x")).bytes == 1);
    CHECK(bytes.wait());
    CHECK(time.wait());
    Signal posted;
    asio::post(worker.io(), [&] { posted.tell(); });
    CHECK(posted.wait());
    stop = true;
    on(worker, [&] {
        reader.reset();
        timer.reset();
    });
    on(worker, [] {});  // mail that had not seen `stop` may have posted one more behind the last
}

TEST_CASE("stop does what was posted before, refuses what comes later, and leaks nothing") {
    auto shared = std::make_shared<int>(7);
    std::shared_ptr<buffer::Mailbox> mailbox;
    int done = 0;
    {
        Worker worker;
        Timer timer(worker, [shared] { FAIL("an hour has not passed"); });
        timer.set_after(1h);
        mailbox = worker.mailbox();
        worker.start();
        asio::post(worker.io(), [shared] {});
        for (int i = 0; i < 10; ++i) {
            worker.post([&, shared] { ++done; });
        }
        worker.stop();
        worker.stop();
        worker.join();
        CHECK(done == 10);
        CHECK_FALSE(worker.post([shared] { FAIL("stopped"); }));
    }
    CHECK_FALSE(mailbox->post_call([shared] { FAIL("stopped"); }));
    CHECK(shared.use_count() == 1);
}

TEST_CASE("a worker that never started lets go of its mail") {
    auto shared = std::make_shared<int>(7);
    {
        Worker worker;
        worker.post([shared] { FAIL("never started"); });
    }
    CHECK(shared.use_count() == 1);
}

TEST_CASE("inside an application's io_context") {
    asio::io_context io;
    auto shared = std::make_shared<int>(7);
    int done = 0;
    {
        Worker worker(io);
        CHECK_FALSE(worker.owns_thread());
        worker.post([&, shared] {
            ++done;
            CHECK(worker.here());
        });
        io.poll();
        CHECK(done == 1);
        CHECK(Worker::current() == nullptr);

        std::thread([&] { worker.post([&] { ++done; }); }).join();
        io.run_one();
        io.poll();
        CHECK(done == 2);

        worker.as_round([&] {
            CHECK(worker.here());
            worker.post([&] { ++done; });
        });
        CHECK(done == 3);

        // The worker is destroyed while handlers of it wait in the io_context.
        worker.post([shared] { FAIL("destroyed"); });
    }
    CHECK(shared.use_count() == 1);
    io.restart();
    io.run();  // it comes to an end: nothing of the worker keeps it alive
}

TEST_CASE("a stop from another thread waits for the round of an application's io_context, and is its last") {
    asio::io_context io;
    Worker worker(io);
    Signal begun;
    Signal stopping;
    int touched = 0;  // touched by the round, then by the thread that has stopped it: ThreadSanitizer watches
    worker.post([&] {
        begun.tell();
        stopping.wait();
        ++touched;
    });
    std::thread runs([&] { io.run(); });
    CHECK(begun.wait());
    // Mail for a later round, which must not come: the worker is closed first.
    worker.post([&] { touched += 100; });
    std::thread stops([&] {
        stopping.tell();
        worker.stop();
        ++touched;
        worker.slabs().trim();  // whatever lived on the worker is now the caller's
    });
    stops.join();
    runs.join();
    CHECK((touched == 2 || touched == 102));  // that mail may have come within the round that was running
    CHECK_FALSE(worker.post([] {}));
}

TEST_CASE("a worker inside an application's io_context may be destroyed by its own callback") {
    asio::io_context io;
    auto worker = std::make_unique<Worker>(io);
    bool ran = false;
    worker->post([&] {
        worker.reset();
        ran = true;
    });
    io.run();
    CHECK(ran);
}

TEST_CASE("an exception of the application's handler is told and survived") {
    Worker worker;
    Signal told;
    worker.on_exception([&](std::exception_ptr) { told.tell(); });
    worker.start();
    asio::post(worker.io(), [] { throw std::runtime_error("the application's"); });
    CHECK(told.wait());
    CHECK(on(worker, [] { return true; }));
}

TEST_CASE("a timer that runs out of memory is called again, and nothing ends") {
    Worker worker;
    worker.start();
    Signal done;
    int calls = 0;
    std::unique_ptr<Timer> timer;
    on(worker, [&] {
        timer = std::make_unique<Timer>(worker, [&] {
            if (++calls < 3) {
                throw std::bad_alloc();
            }
            done.tell();
        });
        timer->set(worker.now());
        return true;
    });
    CHECK(done.wait());
    CHECK(on(worker, [&] { return !timer->is_set(); }));
    on(worker, [&] {
        timer.reset();
        return true;
    });
    CHECK(calls == 3);
}

TEST_CASE("a worker needs no memory to be stopped, or to be asked for its io_context") {
    Worker worker;
    worker.start();
    CHECK(on(worker, [] { return true; }));
    ferrotunnel::test::fail_allocation(1);
    worker.io();
    worker.stop();
    worker.stop();
    CHECK_FALSE(ferrotunnel::test::fail_allocation(0));
    worker.join();
}

TEST_CASE("slabs released on the worker come home to it, from elsewhere too") {
    Worker worker;
    worker.start();
    buffer::SlabPtr slab = on(worker, [&] { return worker.slabs().acquire(); });
    slab.reset();
    CHECK(on(worker, [&] { return worker.slabs().in_use(); }) == 0);
}

TEST_CASE("a group starts, takes turns and stops") {
    WorkerGroup group(3);
    group.start();
    REQUIRE(group.size() == 3);
    CHECK_FALSE(group.on_a_worker());
    std::vector<Worker*> seen;
    for (int i = 0; i < 6; ++i) {
        Worker& worker = group.next();
        seen.push_back(&worker);
        CHECK(on(worker, [&] { return group.on_a_worker(); }));
    }
    CHECK(seen[0] != seen[1]);
    CHECK(seen[0] == seen[3]);
    group.stop();
    group.join();
    CHECK_FALSE(group.at(0).post([] {}));
}

TEST_CASE("workers that post to each other while they are stopped") {
    for (int i = 0; i < 20; ++i) {
        WorkerGroup group(2);
        std::function<void(int)> bounce = [&](int at) {
            group.at(static_cast<std::size_t>(at)).post([&, at] { bounce(1 - at); });
        };
        group.start();
        for (int k = 0; k < 4; ++k) {
            bounce(k % 2);
        }
        on(group.at(0), [] {});
        group.stop();
        group.join();
    }
}
