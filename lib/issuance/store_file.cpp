#include "issuance/store_file.hpp"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "ferrotunnel/detail/whole_file.hpp"
#include "runtime/socket.hpp"

namespace ferrotunnel::issuance {
namespace {

std::string file_fault(const std::filesystem::path& path, const char* what, int error) {
    return path.string() + " " + what + ": " + std::generic_category().message(error);
}

}  // namespace

Result<std::optional<std::string>, std::string> read_store_file(const std::filesystem::path& path,
                                                                std::size_t bytes_max) {
    using Content = std::optional<std::string>;
    const runtime::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!file) {
        return errno == ENOENT ? Result<Content, std::string>(Content())
                               : Result<Content, std::string>(file_fault(path, "cannot be opened", errno));
    }
    struct stat about {};
    if (::fstat(file.get(), &about) != 0) {
        return file_fault(path, "cannot be read", errno);
    }
    if (!S_ISREG(about.st_mode)) {
        return path.string() + " is not a file";
    }
    if (about.st_size < 0 || static_cast<std::size_t>(about.st_size) > bytes_max) {
        return path.string() + " is longer than " + std::to_string(bytes_max) + " bytes";
    }
    std::string text(static_cast<std::size_t>(about.st_size), '\0');
    std::size_t have = 0;
    while (have < text.size()) {
        const ssize_t got = ::read(file.get(), text.data() + have, text.size() - have);
        if (got < 0 && errno != EINTR) {
            return file_fault(path, "cannot be read", errno);
        }
        if (got == 0) {
            break;
        }
        have += got > 0 ? static_cast<std::size_t>(got) : 0;
    }
    text.resize(have);
    return Content(std::move(text));
}

std::string write_store_file(const std::filesystem::path& path, std::string_view text) {
    const std::error_code error = ferrotunnel::detail::write_whole_file(path, text, {});
    return error ? path.string() + " cannot be written: " + error.message() : std::string();
}

void remove_store_file(const std::filesystem::path& path) noexcept {
    (void)::unlink(path.c_str());
}

void wipe(std::string& text) noexcept {
    OPENSSL_cleanse(text.data(), text.size());
    text.clear();
}

}  // namespace ferrotunnel::issuance
