#include "request-log/request_log.hpp"

#include <csignal>
#include <exception>

namespace ferrotunnel::plugins {

using plugin::Exchange;
using plugin::Outcome;
using plugin::Settings;

void RequestLog::check(const Settings& settings) {
    try {
        (void)LineFormat(settings);
    } catch (const std::exception& problem) {
        settings.problem(settings.text("template") ? "template" : "", problem.what());
    }
}

RequestLog::RequestLog(const Settings& settings)
    : format_(settings),
      queue_(static_cast<std::size_t>(settings.integer("queue").value_or(16))),
      output_(std::string(settings.text("file").value_or(plugin::Text()))) {
    ::sem_init(&bell_, 0, 0);
}

RequestLog::~RequestLog() {
    stop();
    ::sem_destroy(&bell_);
}

void RequestLog::start() {
    thread_ = std::thread([this] { run(); });
}

void RequestLog::stop() {
    is_ending_ = true;
    ::sem_post(&bell_);
    if (thread_.joinable()) {
        thread_.join();
    }
}

void RequestLog::on_close(Exchange& exchange, const Outcome& outcome) {
    const bool has_room = queue_.push([&](char* line) {
        return format_.write(line, log_line_bytes_max, exchange, outcome, std::chrono::system_clock::now());
    });
    if (!has_room) {
        left_out_.fetch_add(1, std::memory_order_relaxed);
    }
    if (!is_rung_.exchange(true)) {  // no system call while the thread is awake
        ::sem_post(&bell_);
    }
}

void RequestLog::run() {
    sigset_t broken_pipe;  // a reader that ends causes an error of write(), not the end of the server
    ::sigemptyset(&broken_pipe);
    ::sigaddset(&broken_pipe, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
    bool is_last = false;
    while (!is_last) {
        while (::sem_wait(&bell_) != 0) {
        }
        is_last = is_ending_.load();  // then all lines are in the queue
        is_rung_.exchange(false);     // synchronizes with the workers, and so sees their lines
        try {
            write_all();
        } catch (const std::exception& problem) {
            log_problem(problem.what());
        }
    }
}

void RequestLog::write_all() {
    std::string lines;
    bool gives_up = false;  // without a reader, the server must not wait for each piece
    while (const std::size_t count = queue_.pop(lines, output_.piece_bytes())) {
        std::string problem = output_.follow_name();
        const std::string lost = gives_up ? "there is no reader" : output_.write(lines, is_ending_);
        if (!lost.empty()) {
            left_out_.fetch_add(count, std::memory_order_relaxed);
            problem = "lines cannot be written: " + lost;
            gives_up = is_ending_.load();
        }
        log_problem(problem);
        lines.clear();
    }
    log_problem(problem_);
}

// Logs a new problem, and the number of dropped lines, with a pause between lines.
void RequestLog::log_problem(const std::string& problem) {
    constexpr std::chrono::seconds pause{10};
    if (problem != problem_) {
        problem_ = problem;
        log(Level::warn, problem.empty() ? "lines are written again" : problem);
    }
    const std::uint64_t left_out = left_out_.load(std::memory_order_relaxed);
    const std::chrono::nanoseconds now = plugin::clock_now();
    if (left_out != told_ && (told_ == 0 || now - told_at_ >= pause || is_ending_.load())) {
        log(Level::warn, std::to_string(left_out - told_) + " lines were left out");
        told_ = left_out;
        told_at_ = now;
    }
}

}  // namespace ferrotunnel::plugins
