// The requests of one stream to a service with files, and their responses: bytes in, bytes out. It reads files, at
// most what the caller has room for, and does not depend on streams and workers.
//
//   reading a request --head is complete--> answering --all was produced--> reading a request | ended
//                \--breaks the rules------> answering, then ended
//
// A request with a body gets its response at once, and is the last one: the rest of its body is not read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include "backend/folder.hpp"
#include "base/bytes.hpp"
#include "base/permits.hpp"
#include "files/answer.hpp"
#include "files/file_path.hpp"
#include "http/request_parser.hpp"

namespace ferrotunnel::backend {

class FileResponder {
public:
    /// Called for each request with whether the service's folder could be opened.
    using Outcome = std::function<void(std::error_code)>;

    FileResponder(std::shared_ptr<Folder> folder, Outcome outcome)
        : folder_(std::move(folder)), outcome_(std::move(outcome)) {}

    /// Whether a response is in progress: until it is complete, no more bytes are accepted.
    bool is_answering() const noexcept { return answering_; }
    /// No part of another request has arrived.
    bool is_idle() const noexcept { return !answering_ && input_.empty(); }
    /// The last response was produced: the stream has to end.
    bool has_ended() const noexcept { return last_ && !answering_; }
    /// Takes received bytes, while it neither responds nor has ended. Bytes of later requests are kept.
    void take(Bytes bytes);

    /// Fills the windows with the next bytes of the responses, as far as there are any. Returns the number of bytes;
    /// empty if the file has changed, or cannot be read any more, and the stream has to be cut.
    std::optional<std::size_t> produce(std::span<const MutableBytes> windows);

private:
    /// The part of a file that is still to be sent.
    struct Transfer {
        runtime::Fd file;
        files::FileStamp stamp;
        std::uint64_t at = 0;
        std::uint64_t left = 0;
    };

    void read_request();
    void answer(const http::RequestHead& head);
    files::Answer found(const http::RequestHead& head);
    files::Answer found_below(int root, const files::FilePath& path, const http::RequestHead& head);
    files::Answer file_answer(Opened opened, std::string_view name, const http::RequestHead& head);
    files::Answer folder_answer(const Opened& opened, const files::FilePath& path, const http::RequestHead& head);
    void send(const files::Answer& answer, bool is_head, http::Version visitor);
    std::size_t copy_text(MutableBytes into) noexcept;
    std::optional<std::size_t> read_file(MutableBytes into) noexcept;
    bool is_unchanged() const;
    void end_answer();

    const std::shared_ptr<Folder> folder_;
    const Outcome outcome_;
    http::RequestParser parser_;
    std::string input_;  // of requests that were not answered yet
    std::string text_;   // a head, and possibly the page after it, of which `text_at_` bytes were sent
    std::size_t text_at_ = 0;
    Transfer transfer_;
    PermitPtr permit_;  // while the response holds a file or a page
    bool answering_ = false;
    bool last_ = false;
};

}  // namespace ferrotunnel::backend
