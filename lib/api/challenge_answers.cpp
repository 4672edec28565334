#include "api/challenge_answers.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "acme/challenge.hpp"
#include "api/limits.hpp"
#include "runtime/socket.hpp"

namespace ferrotunnel::detail {

namespace {

using runtime::Fd;

// Where ACME clients put their answers, below the webroot that they are given. Nothing else of the webroot is read.
constexpr const char* challenge_folder = ".well-known/acme-challenge";

// Neither a link nor a pipe is followed or waited for. One read is enough for a regular file of this size.
std::optional<std::string> read_answer(const Fd& folder, const std::string& token) {
    const Fd file(::openat(folder.get(), token.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    struct stat about {};
    if (!file || ::fstat(file.get(), &about) != 0 || !S_ISREG(about.st_mode) ||
        about.st_size > static_cast<off_t>(limits::challenge_file_bytes_max)) {
        return std::nullopt;
    }
    std::string text(limits::challenge_file_bytes_max, '\0');
    const ssize_t got = ::read(file.get(), text.data(), text.size());
    if (got < 0) {
        return std::nullopt;
    }
    text.resize(static_cast<std::size_t>(got));
    return text;
}

std::optional<std::string> read_from_webroot(const std::string& webroot, const std::string& token) {
    const Fd folder(::open((webroot + '/' + challenge_folder).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    return folder ? read_answer(folder, token) : std::nullopt;
}

}  // namespace

void ChallengeAnswers::set_webroot(const std::string& folder) {
    webroot_ = folder.empty() ? nullptr : std::make_shared<const std::string>(folder);
}

std::optional<std::string> ChallengeAnswers::http(std::string_view token) const {
    if (!acme::is_token(token)) {
        return std::nullopt;
    }
    if (const auto own = own_.get()) {
        if (std::optional<std::string> answer = own->http_answer(token)) {
            return answer;
        }
    }
    if (const auto cluster = cluster_.get()) {
        if (std::optional<std::string> answer = cluster->answer(acme::Way::http_01, token)) {
            return answer;
        }
    }
    const std::shared_ptr<const std::string> webroot = webroot_.get();
    return webroot ? read_from_webroot(*webroot, std::string(token)) : std::nullopt;
}

std::optional<std::string> ChallengeAnswers::tls(std::string_view server_name) const {
    const auto own = own_.get();
    std::optional<std::string> answer = own ? own->alpn_answer(server_name) : std::nullopt;
    const auto cluster = answer ? nullptr : cluster_.get();
    return cluster ? cluster->answer(acme::Way::tls_alpn_01, server_name) : answer;
}

}  // namespace ferrotunnel::detail
