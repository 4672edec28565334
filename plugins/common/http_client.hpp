// Questions to HTTP servers (libcurl), on a thread of the client's own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "common/fair_queue.hpp"
#include "ferrotunnel/plugin.hpp"

namespace ferrotunnel::plugins {

/// A GET, or a POST where there is a body. Nothing of the environment counts (proxies, say), and no redirect is
/// followed.
struct HttpQuestion {
    std::string url;                      // http or https
    std::vector<plugin::Field> fields{};  // besides Host
    std::chrono::milliseconds timeout{2000};
    std::size_t body_max = 64 * 1024;
    std::string ca_file{};              // certificates that are trusted; empty: the system's
    std::optional<std::string> body{};  // sent with POST; its Content-Type is one of `fields`
};

/// What came of it.
struct HttpAnswer {
    std::uint16_t status = 0;             // 0: no head came
    std::vector<plugin::Field> fields{};  // up to 64 KiB of text; those that went over several lines are not there
    std::string body{};                   // empty where it was too long
    bool body_too_long = false;
    std::string error{};        // why the answer is not whole; empty: it is, but for a body that was too long
    bool is_displaced = false;  // the question was not asked: its place went to one of a smaller share
};

/// Why a URL cannot be asked, in words that follow a key; empty: it can.
std::string url_fault(std::string_view url);

/// Whether two names of fields are the same, in whichever case.
bool same_name(std::string_view a, std::string_view b);
/// Whether a field belongs to the connection, the body or the client of a question, so that no setting may name it.
bool is_of_question(std::string_view name);

/// Connections are kept and used again. A question whose time has passed while it waited fails. Places and turns of
/// questions that wait are shared (FairQueue).
class HttpClient {
public:
    using Done = std::function<void(const HttpAnswer&)>;

    /// `running_max`: questions at once, each with a connection; `waiting_max`: questions beyond these that may wait
    /// for that. The thread begins with the first question. Control thread.
    HttpClient(std::size_t running_max, std::size_t waiting_max);
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;
    /// Ends all questions: their `done` is destroyed without being called. Never within `done`, which must not own the
    /// client.
    ~HttpClient();

    /// Calls `done` once, on the client's thread; or on that of another question, which displaces this one. False: no
    /// place is left for this share; nothing is kept. Any thread.
    bool ask(Share share, HttpQuestion question, Done done);
    /// The same for a notice, which has no share: notices are bounded by the caller alone, and take turns with
    /// questions. False: the client ends.
    bool tell(HttpQuestion notice, Done done);

private:
    struct Asked;
    class Loop;

    /// With the lock.
    void begin_thread();
    bool has_waiting() const noexcept { return !notices_.empty() || !waiting_.empty(); }
    std::unique_ptr<Asked> take_next();

    const std::size_t running_max_;
    const std::size_t waiting_max_;
    std::mutex mutex_;  // guards what follows, up to ends_
    FairQueue<std::unique_ptr<Asked>> waiting_;
    std::deque<std::unique_ptr<Asked>> notices_;
    std::size_t questions_ = 0;  // that wait or are asked, without notices
    bool is_turn_of_notice_ = true;
    bool ends_ = false;
    void* multi_ = nullptr;  // CURLM
    std::thread thread_;
};

}  // namespace ferrotunnel::plugins
