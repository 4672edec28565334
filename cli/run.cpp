#include "run.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <thread>
#include <vector>

#include "heap_trim.hpp"

namespace ferrotunnel::cli {
namespace {

using std::chrono::milliseconds;

class Loop {
public:
    Loop(const Running& running, EventQueue& events, Signals& signals, Output& output)
        : running_(running), events_(events), signals_(signals), output_(output) {}

    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;
    // Only left to do when something threw.
    ~Loop() { join(); }

    ExitCode run() {
        while (!stopped_) {
            wait();
            take_events();
            while (signals_.take() != 0) {
                on_signal();
            }
        }
        join();
        take_events();
        if (cut_) {
            output_.line("some visitors had not finished and were cut off");
        }
        return code_.value_or(ExitCode::ok);
    }

private:
    void join() {
        for (std::thread& stopper : stoppers_) {
            if (stopper.joinable()) {
                stopper.join();
            }
        }
    }

    void wait() {
        const short output_events = output_.wants_to_write() ? POLLOUT : 0;
        std::array<pollfd, 3> sources{{{signals_.descriptor(), POLLIN, 0},
                                       {events_.descriptor(), POLLIN, 0},
                                       {output_.wants_to_write() ? output_.descriptor() : -1, output_events, 0}}};
        const int ready = ::poll(sources.data(), sources.size(), look_every_ms);
        if (ready < 0 && errno != EINTR) {
            throw std::system_error(errno, std::generic_category(), "poll");
        }
        if (ready == 0) {
            heap_trim_.look(running_.present_visitors());
        }
        output_.write_some();
    }

    void take_events() {
        for (const Event& event : events_.take()) {
            const std::optional<ExitCode> code = running_.on_event(event);
            if (code && !code_ && stoppers_.empty()) {
                code_ = code;
                stop(milliseconds(0));
            }
        }
    }

    void on_signal() {
        ++signals_seen_;
        if (signals_seen_ == 1 && stoppers_.empty()) {
            announce_drain();
            stop(running_.drain);
        } else if (signals_seen_ <= 2) {
            output_.line("ending at once");
            stop(milliseconds(0));
        } else {
            ::_exit(
                static_cast<int>(ExitCode::failure));  // whoever asks three times does not want to wait for anything
        }
    }

    void announce_drain() {
        const std::uint32_t visitors = running_.present_visitors();
        if (visitors == 0 || running_.drain.count() == 0) {
            output_.line("ending");
            return;
        }
        output_.line(fmt::format("ending: {} {} may finish within {:g} s, no new ones are taken; again to end at once",
                                 visitors, visitors == 1 ? "visitor" : "visitors",
                                 static_cast<double>(running_.drain.count()) / 1000));
    }

    // stop() blocks, and a second signal must be heard meanwhile: hence a thread each.
    void stop(milliseconds drain) {
        stoppers_.emplace_back([this, drain] {
            const std::error_code error = running_.stop(drain);
            cut_ = cut_ || (error == std::errc::timed_out && drain.count() != 0);
            stopped_ = true;
            events_.wake();
        });
    }

    static constexpr int look_every_ms = 2'000;

    const Running& running_;
    HeapTrim heap_trim_;
    EventQueue& events_;
    Signals& signals_;
    Output& output_;
    std::vector<std::thread> stoppers_;
    std::atomic<bool> stopped_{false};
    std::atomic<bool> cut_{false};
    int signals_seen_ = 0;
    std::optional<ExitCode> code_;
};

}  // namespace

ExitCode run_until_end(const Running& running, EventQueue& events, Signals& signals, Output& output) {
    return Loop(running, events, signals, output).run();
}

}  // namespace ferrotunnel::cli
