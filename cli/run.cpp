#include "run.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <csignal>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "heap_trim.hpp"
#include "idle_drain.hpp"
#include "part_stops.hpp"
#include "reload_scheduler.hpp"
#include "service_manager.hpp"
#include "startup_pages.hpp"
#include "stop_requests.hpp"

namespace ferrotunnel::cli {
namespace {

using std::chrono::milliseconds;

bool is_about_connections(const Event& event) {
    return event.kind == Event::Kind::lost || event.kind == Event::Kind::degraded ||
           event.kind == Event::Kind::waiting || event.kind == Event::Kind::resumed ||
           event.kind == Event::Kind::reconnecting || event.kind == Event::Kind::draining ||
           event.kind == Event::Kind::connected || event.kind == Event::Kind::joined ||
           event.kind == Event::Kind::took_over;
}

//   running --drain--> draining --second request, or no data moves any more--> hurried   (until every part has stopped)
//      |  \--drain, because another process replaced a part--> handing_over --that part has stopped--> draining
//      \--a part ends the program--> hurried <--second request-- handing_over
//
// Only the replaced parts drain in `handing_over`; the others wait for them.
class Loop {
public:
    Loop(std::span<const Running> parts, Signals& signals, Output& output, ServiceManager& manager,
         ReloadScheduler* reloads)
        : parts_(parts),
          signals_(signals),
          output_(output),
          manager_(manager),
          reloads_(reloads),
          stops_(parts.size()) {
        pages_.used(StartupPages::Clock::now());
    }

    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    ExitCode run() {
        keep_sockets();
        manager_.ready();
        while (!stops_.have_all_stopped()) {
            wait();
            take_events();
            while (const int signal = signals_.take()) {
                if (signal == SIGUSR1) {
                    reopen_files();
                } else if (signal == SIGHUP && reloads_ != nullptr) {
                    reload_after_signal();
                } else if (signal == SIGHUP || signal == Signals::terminal_gone) {
                    drain_after_hangup();
                } else if (signal == Signals::key_pressed) {
                    on_signal(requests_.count_key(SIGINT, StopRequests::Clock::now()), Cause::key);
                } else {
                    on_signal(requests_.count(signal, StopRequests::Clock::now()), Cause::signal);
                }
            }
            if (reloads_ != nullptr && is_running()) {
                reloads_->tick(output_);
            }
            tick();
            if (is_running() && ServiceManager::Clock::now() >= keep_at_) {
                keep_sockets();
            }
            stop_where_nothing_moves();
            stop_those_behind();
            if (cause_ != Cause::replaced) {
                manager_.tick(ServiceManager::Clock::now(), [this] { return state(); });
            }
        }
        stops_.join();
        take_events();
        output_.footer({});
        linger();
        if (stops_.has_cut_visitors() && !nobody_was_there_) {
            output_.warning("some visitors had not finished and were disconnected");
        }
        return code_.value_or(ExitCode::ok);
    }

private:
    enum class Phase : std::uint8_t { running, handing_over, draining, hurried };
    /// Why the program ends.
    enum class Cause : std::uint8_t { none, signal, key, replaced, part };

    bool is_running() const { return phase_ == Phase::running; }

    void begin_end(Cause cause) {
        assert(is_running() && cause_ == Cause::none);
        cause_ = cause;
    }

    // Notifies others that the phase `running` is over.
    void enter(Phase next) {
        assert(next >= phase_ && cause_ != Cause::none);
        if (std::exchange(phase_, next) != Phase::running) {
            return;
        }
        if (reloads_ != nullptr) {
            reloads_->close();
        }
        const bool is_replaced = cause_ == Cause::replaced || std::any_of(parts_.begin(), parts_.end(), hands_over);
        if (!is_replaced) {  // otherwise the service continues in another process
            manager_.stopping();
        }
    }

    // The parent process would restart this one if it ended by itself, so it waits for a signal.
    void linger() {
        const auto until = ServiceManager::Clock::now() + linger_;
        while (linger_.count() != 0 && !asked_to_end_ && ServiceManager::Clock::now() < until) {
            wait();
            while (const int signal = signals_.take()) {
                asked_to_end_ = asked_to_end_ || (signal != SIGUSR1 && signal != SIGHUP);
            }
        }
    }

    std::uint32_t present_visitors() const {
        std::uint32_t visitors = 0;
        for (const Running& part : parts_) {
            visitors += part.present_visitors();
        }
        return visitors;
    }

    std::string state() const {
        std::string text(is_running() ? "" : "ending: ");
        for (const Running& part : parts_) {
            text += (&part == &parts_.front() ? "" : "; ") + part.state();
        }
        return text;
    }

    void wait() {
        const short output_events = output_.wants_to_write() ? POLLOUT : 0;
        std::vector<pollfd> sources{{signals_.descriptor(), POLLIN, 0},
                                    {output_.wants_to_write() ? output_.descriptor() : -1, output_events, 0}};
        for (const Running& part : parts_) {
            sources.push_back({part.events.descriptor(), POLLIN, 0});
        }
        std::chrono::milliseconds longest(look_every_ms);
        if (std::any_of(parts_.begin(), parts_.end(), [](const Running& part) { return part.tick != nullptr; })) {
            longest = std::chrono::seconds(1);
        }
        if (cause_ == Cause::key) {
            longest = std::min(longest, std::chrono::milliseconds(500));
        }
        if (cause_ != Cause::replaced) {  // a replaced process sends nothing to the manager
            longest = std::min(longest, manager_.due_in(ServiceManager::Clock::now()).value_or(longest));
        }
        if (reloads_ != nullptr && is_running()) {
            sources.push_back({reloads_->descriptor(), POLLIN, 0});
            sources.push_back({reloads_->requests(), POLLIN, 0});
            longest = std::min(longest, reloads_->due_in().value_or(longest));
        }
        longest = std::min(longest, pages_.due_in(StartupPages::Clock::now()).value_or(longest));
        const int ready = ::poll(sources.data(), sources.size(), static_cast<int>(longest.count()));
        if (ready < 0 && errno != EINTR) {
            throw std::system_error(errno, std::generic_category(), "poll");
        }
        if (ready >= 0) {
            release_memory(ready > 0);
        }
        output_.write_some();
    }

    void release_memory(bool has_events) noexcept {
        const auto now = StartupPages::Clock::now();
        if (has_events) {
            pages_.used(now);
        } else if (pages_.take_due(now)) {
            release_startup_pages();
        } else if (pages_.is_quiet()) {  // what a start or a login has left is free by now
            heap_trim_.tick();
        }
    }

    void reopen_files() {
        for (const Running& part : parts_) {
            if (part.reopen_files) {
                part.reopen_files();
            }
        }
    }

    void tick() {
        const auto now = ServiceManager::Clock::now();
        if (now < look_at_) {
            return;
        }
        look_at_ = now + std::chrono::seconds(1);
        for (const Running& part : parts_) {
            if (part.tick) {
                part.tick();
            }
        }
    }

    // Updates the sockets that the manager keeps; those of public ports change. Not once the program ends: the next
    // process needs them.
    void keep_sockets() {
        if (!manager_.is_there() || cause_ == Cause::replaced) {
            return;
        }
        keep_at_ = ServiceManager::Clock::now() + std::chrono::seconds(1);
        std::uint64_t changes = 1;
        for (const Running& part : parts_) {
            changes += part.socket_changes ? part.socket_changes() : 0;
        }
        if (changes == kept_changes_) {
            return;
        }
        std::vector<PassedSocket> sockets;
        for (const Running& part : parts_) {
            for (PassedSocket& socket : part.sockets ? part.sockets() : std::vector<PassedSocket>()) {
                sockets.push_back(std::move(socket));
            }
        }
        const bool has_all = manager_.keep(std::move(sockets));
        kept_changes_ = has_all ? changes : 0;
        if (!has_all) {
            // Without a free descriptor, each attempt takes the last ones from visitors.
            keep_at_ += std::chrono::seconds(manager_.is_listening() ? 60 : 9);
        }
    }

    // A program that ends reloads nothing.
    void reload_after_signal() {
        if (is_running()) {
            reloads_->reload(output_);
        }
    }

    // A shell whose terminal is closed may send the signal too, before or after the kernel: that never hurries a drain.
    void drain_after_hangup() {
        if (is_running()) {
            on_signal(requests_.count(SIGHUP, StopRequests::Clock::now()), Cause::signal);
        }
    }

    void take_events() {
        for (const Running& part : parts_) {
            for (const Event& event : part.events.take()) {
                if (!is_running() && is_about_connections(event)) {
                    continue;  // these connections ended because of the request to end
                }
                const std::optional<ExitCode> code = part.on_event(event);
                if (event.kind == Event::Kind::took_over && !event.error) {
                    manager_.main_process();
                }
                if (event.kind == Event::Kind::replaced && is_running()) {
                    linger_ = part.linger ? part.linger() : milliseconds(0);
                    drain(Cause::replaced);
                }
                if (code && !code_ && is_running()) {
                    code_ = code;
                    begin_end(Cause::part);
                    stop_at_once();
                }
            }
        }
    }

    void on_signal(int request, Cause cause) {
        if (request != 0) {
            asked_to_end_ = true;
            act_on(request, cause);
            requests_.acted(StopRequests::Clock::now());
        }
    }

    void act_on(int request, Cause cause) {
        if (request == 1 && is_running()) {
            drain(cause);
        } else if (request == 1 && cause_ == Cause::replaced) {
            return;  // the program is ending already
        } else if (request <= 2) {
            output_.line("ending now");
            nobody_was_there_ = present_visitors() == 0;
            stop_at_once();
        } else {
            ::_exit(
                static_cast<int>(ExitCode::failure));  // a user who asks three times does not want to wait for anything
        }
    }

    void drain(Cause cause) {
        begin_end(cause);
        if (std::none_of(parts_.begin(), parts_.end(), hands_over)) {
            keep_sockets();
        }
        announce_drain();
        // The server's visitors need the client in the same process: if another process replaces both, the client ends
        // after the server.
        enter(std::any_of(parts_.begin(), parts_.end(), hands_over) ? Phase::handing_over : Phase::draining);
        for (std::size_t i = 0; i < parts_.size(); ++i) {
            if (phase_ == Phase::draining || hands_over(parts_[i])) {
                stop(i, drain_of(parts_[i]));
            }
        }
    }

    static bool hands_over(const Running& part) { return part.is_replaced && part.is_replaced(); }

    void stop_those_behind() {
        const auto is_there = [this](const Running& part) {
            return hands_over(part) && !stops_.has_stopped(static_cast<std::size_t>(&part - parts_.data()));
        };
        if (phase_ != Phase::handing_over || std::any_of(parts_.begin(), parts_.end(), is_there)) {
            return;
        }
        enter(Phase::draining);
        for (std::size_t i = 0; i < parts_.size(); ++i) {
            if (!hands_over(parts_[i])) {
                stop(i, drain_of(parts_[i]));
            }
        }
    }

    milliseconds drain_of(const Running& part) const {
        for (const Running& any : parts_) {
            if (const auto asked = any.requested_drain ? any.requested_drain() : std::nullopt) {
                return *asked;
            }
        }
        return part.drain();
    }

    void announce_drain() {
        const std::uint32_t visitors = present_visitors();
        milliseconds longest{0};
        for (const Running& part : parts_) {
            longest = std::max(longest, drain_of(part));
        }
        if (visitors == 0 || longest.count() == 0) {
            output_.line("ending");
            return;
        }
        // A server and its client in one process both count a visitor between them.
        const std::string who = parts_.size() > 1 ? "visitors"
                                : visitors == 1   ? "1 visitor"
                                                  : fmt::format("{} visitors", visitors);
        output_.line(
            fmt::format("ending: {} may finish within {:g} s, no new ones are accepted; "
                        "press Ctrl-C again to stop now",
                        who, static_cast<double>(longest.count()) / 1000));
    }

    // After Ctrl-C a user waits for the end of the program: idle connections, such as open pages, do not delay it.
    void stop_where_nothing_moves() {
        if (cause_ != Cause::key || phase_ == Phase::hurried || stops_.have_all_stopped()) {
            return;
        }
        std::uint64_t moved = 0;
        for (const Running& part : parts_) {
            moved += part.moved();
        }
        if (idle_drain_.is_over(moved, IdleDrain::Clock::now())) {
            output_.line("no more data is moving: ending now");
            stop_at_once();
        }
    }

    void stop_at_once() {
        enter(Phase::hurried);
        for (std::size_t i = 0; i < parts_.size(); ++i) {
            stop(i, milliseconds(0));
        }
    }

    void stop(std::size_t index, milliseconds drain) {
        const Running& part = parts_[index];
        const auto stop_part = [&part, drain] {
            return part.stop(drain) == std::errc::timed_out && drain.count() != 0;
        };
        stops_.begin(index, stop_part, [&part] { part.events.wake(); });
    }

    static constexpr int look_every_ms = 2'000;

    const std::span<const Running> parts_;
    HeapTrim heap_trim_;
    StartupPages pages_;
    Signals& signals_;
    Output& output_;
    ServiceManager& manager_;
    ReloadScheduler* const reloads_;  // null: no reloads
    Phase phase_ = Phase::running;
    Cause cause_ = Cause::none;
    ServiceManager::Clock::time_point look_at_{};
    ServiceManager::Clock::time_point keep_at_{};
    std::uint64_t kept_changes_ = 0;  // the change count whose sockets the manager has; 0 if it has none, or not all
    bool nobody_was_there_ = false;   // at the second request to stop
    bool asked_to_end_ = false;       // by a signal
    IdleDrain idle_drain_;
    milliseconds linger_{0};
    StopRequests requests_;
    std::optional<ExitCode> code_;
    PartStops stops_;  // last: its threads must end before the other members; joins only if run() threw
};

}  // namespace

namespace {

ControlHandlers handlers_of(const std::shared_ptr<ReloadRequests>& requests) {
    using What = ReloadRequest::What;
    return {[requests] {
                return requests->ask({What::reload, {}});
            },
            [requests](std::optional<milliseconds> time) {
                return requests->ask(time ? ReloadRequest{What::try_out, *time} : ReloadRequest{What::confirm, {}});
            },
            [requests] { return requests->trial_left(); },
            [requests] {
                return requests->ask({What::compare, {}});
            }};
}

}  // namespace

ExitCode run_until_end(std::span<const Running> parts, Signals& signals, Output& output, ServiceManager& manager,
                       ReloadScheduler* reloads) {
    return Loop(parts, signals, output, manager, reloads).run();
}

ExitCode run_parts(const std::vector<std::unique_ptr<Part>>& parts, Signals& signals, ConfigReloader* reloader,
                   bool watched, bool quiet) {
    Output output(STDOUT_FILENO, quiet);
    ServiceManager manager;
    // Control sockets may still send requests after this function has returned.
    const auto requests = reloader != nullptr ? std::make_shared<ReloadRequests>() : nullptr;
    // If a part cannot start, pending reload requests fail at once: nothing would answer them.
    const struct ScopeExit {
        ReloadRequests* requests;
        ~ScopeExit() {
            if (requests != nullptr) {
                requests->close();
            }
        }
    } at_end{requests.get()};
    std::vector<Running> running;
    std::deque<Output> sides;  // with several parts, each line names its side
    for (const std::unique_ptr<Part>& part : parts) {
        if (requests) {
            part->set_handlers(handlers_of(requests));
        }
        const std::string prefix = fmt::format("{}: ", part->side());
        part->start(parts.size() == 1 ? output : sides.emplace_back(output, prefix));
        running.push_back(part->running());
        if (part->has_replaced()) {
            manager.set_main_process();
        }
    }
    std::optional<ReloadScheduler> reloads;
    if (reloader != nullptr) {
        reloader->set_parts(parts);
        reloads.emplace(*reloader, *requests, manager, watched, output);
    }
    const ExitCode code = run_until_end(running, signals, output, manager, reloads ? &*reloads : nullptr);
    output.finish(std::chrono::seconds(1));
    return code;
}

}  // namespace ferrotunnel::cli
