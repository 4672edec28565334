// A backend of the doctor's own: answers every connection with one HTTP response.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <thread>

#include "doctor/socket.hpp"

namespace ferrotunnel::cli::doctor {

/// Listens on a free port of 127.0.0.1 until it is destroyed, and answers the first visitors_max connections.
class Answerer {
public:
    /// `mark`: the body of each response.
    explicit Answerer(std::string mark);
    ~Answerer();
    Answerer(const Answerer&) = delete;
    Answerer& operator=(const Answerer&) = delete;

    std::string local() const { return "127.0.0.1:" + std::to_string(port_); }
    const std::string& mark() const noexcept { return mark_; }

private:
    void answer_all(const std::stop_token& ending) const;

    Socket listener_;
    std::uint16_t port_ = 0;
    const std::string mark_;
    std::jthread thread_;
};

}  // namespace ferrotunnel::cli::doctor
