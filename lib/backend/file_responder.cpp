#include "backend/file_responder.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "buffer/slab.hpp"

namespace ferrotunnel::backend {
namespace {

constexpr const char* index_name = "index.html";

// The present time, by the clock that files use.
std::int64_t now_in_nanoseconds() {
    using namespace std::chrono;
    return duration_cast<nanoseconds>(system_clock::now().time_since_epoch()).count();
}

files::Answer answer_to(std::error_code error) {
    if (error == std::errc::no_such_file_or_directory) {
        return files::answer_with_status(404);
    }
    if (error == std::errc::permission_denied || error == std::errc::operation_not_permitted) {
        return files::answer_with_status(403);
    }
    const bool may_pass = error == std::errc::too_many_files_open ||
                          error == std::errc::too_many_files_open_in_system || error == std::errc::not_enough_memory ||
                          error == std::errc::resource_unavailable_try_again;
    return files::answer_with_status(may_pass ? 503 : 500);
}

std::string_view last_name(std::string_view path) noexcept {
    return path.substr(path.rfind('/') + 1);
}

}  // namespace

void FileResponder::take(Bytes bytes) {
    input_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    read_request();
}

void FileResponder::read_request() {
    switch (parser_.parse(input_)) {
        case http::ParseState::more:
            return;
        case http::ParseState::refused:
            last_ = true;
            send(files::answer_with_status(parser_.refusal().status), parser_.method() == http::Method::head,
                 http::Version::http11);
            return;
        case http::ParseState::complete:
            break;
    }
    answer(parser_.head());
    input_.erase(0, parser_.size());
    parser_.reset();
    if (input_.empty()) {
        std::string().swap(input_);  // a stream that waits for its next request holds no memory for one
    }
}

void FileResponder::answer(const http::RequestHead& head) {
    last_ = !head.keep_alive || head.body.kind != http::BodyKind::none;
    files::Answer made;
    if (head.method == http::Method::options) {
        made = files::answer_with_status(204);
    } else if (head.method != http::Method::get && head.method != http::Method::head) {
        made = files::answer_with_status(405);
    } else {
        permit_ = folder_->acquire_permit();
        made = permit_ ? found(head) : files::answer_with_status(503);
    }
    send(made, head.method == http::Method::head, head.version);
}

files::Answer FileResponder::found(const http::RequestHead& head) {
    const auto path = files::read_file_path(head.target.path);
    if (!path) {
        return files::answer_with_status(404);
    }
    const auto root = folder_->open();
    outcome_(root ? std::error_code() : root.error());
    return root ? found_below(root->get(), *path, head) : files::answer_with_status(503);
}

files::Answer FileResponder::found_below(int root, const files::FilePath& path, const http::RequestHead& head) {
    auto opened = open_below(root, path.text);
    if (!opened) {
        return answer_to(opened.error());
    }
    if (opened->is_folder) {
        return path.is_folder ? folder_answer(*opened, path, head) : files::answer_with_slash_redirect(head.target);
    }
    return path.is_folder ? files::answer_with_status(404)
                          : file_answer(std::move(*opened), last_name(path.text), head);
}

files::Answer FileResponder::folder_answer(const Opened& opened, const files::FilePath& path,
                                           const http::RequestHead& head) {
    auto index = open_below(opened.fd.get(), index_name);
    if (index && !index->is_folder) {
        return file_answer(std::move(*index), index_name, head);
    }
    if (!index && index.error() != std::errc::no_such_file_or_directory) {
        return answer_to(index.error());
    }
    if (!folder_->lists()) {
        return files::answer_with_status(404);
    }
    auto listing = list_folder(opened.fd.get());
    return listing ? files::answer_with_listing(files::listing_page(path.text, std::move(*listing)))
                   : answer_to(listing.error());
}

files::Answer FileResponder::file_answer(Opened opened, std::string_view name, const http::RequestHead& head) {
    files::Answer made = files::answer_with_file(head, opened.stamp, name, now_in_nanoseconds());
    if (made.page.empty() && made.length > 0 && head.method == http::Method::get) {
        if (made.length > buffer::slab_bytes) {
            ::posix_fadvise(opened.fd.get(), static_cast<off_t>(made.first), static_cast<off_t>(made.length),
                            POSIX_FADV_SEQUENTIAL);
        }
        transfer_ = {std::move(opened.fd), opened.stamp, made.first, made.length};
    }
    return made;
}

void FileResponder::send(const files::Answer& made, bool is_head, http::Version visitor) {
    text_ = files::written_head(made, is_head, visitor, !last_);
    if (!is_head) {
        text_ += made.page;
    }
    answering_ = true;
}

// --- producing ---

std::optional<std::size_t> FileResponder::produce(std::span<const MutableBytes> windows) {
    std::size_t total = 0;
    bool has_read = false;
    for (const MutableBytes& window : windows) {
        std::size_t filled = copy_text(window);
        while (filled < window.size() && transfer_.left > 0) {
            const auto bytes = read_file(window.subspan(filled));
            if (!bytes) {
                return std::nullopt;
            }
            has_read = true;
            filled += *bytes;
        }
        total += filled;
    }
    if (has_read && !is_unchanged()) {
        return std::nullopt;
    }
    if (text_at_ == text_.size() && transfer_.left == 0) {
        end_answer();
    }
    return total;
}

std::size_t FileResponder::copy_text(MutableBytes into) noexcept {
    const std::size_t size = std::min(into.size(), text_.size() - text_at_);
    std::copy_n(text_.data() + text_at_, size, into.data());
    text_at_ += size;
    return size;
}

// Reads what fits. Empty if the file has become shorter, or cannot be read.
std::optional<std::size_t> FileResponder::read_file(MutableBytes into) noexcept {
    const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), transfer_.left));
    ssize_t got = -1;
    do {
        got = ::pread(transfer_.file.get(), into.data(), size, static_cast<off_t>(transfer_.at));
    } while (got < 0 && errno == EINTR);
    if (got <= 0) {
        return std::nullopt;
    }
    transfer_.at += static_cast<std::uint64_t>(got);
    transfer_.left -= static_cast<std::uint64_t>(got);
    return static_cast<std::size_t>(got);
}

// Call it after a read: bytes read before a change belong to the old file, and later ones are not sent.
bool FileResponder::is_unchanged() const {
    const auto now = stamp_of(transfer_.file.get());
    return now && now->has_bytes_of(transfer_.stamp);
}

void FileResponder::end_answer() {
    answering_ = false;
    std::string().swap(text_);
    text_at_ = 0;
    transfer_ = {};
    permit_.reset();
    if (!last_ && !input_.empty()) {
        read_request();
    }
}

}  // namespace ferrotunnel::backend
