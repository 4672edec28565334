#include "trust_store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include "ferrotunnel/detail/whole_file.hpp"

namespace ferrotunnel::cli {
namespace {

constexpr std::string_view own_prefix = "ferrotunnel-";
constexpr std::size_t fingerprint_part = 16;
constexpr std::size_t bundle_bytes_max = 16 * 1'024 * 1'024;
constexpr std::string_view own_ca_name = "FerroTunnel local CA ";  // as lib/issuance/local_ca.cpp begins their names
constexpr mode_t umask_for_all = 022;

const TrustStore known_stores[] = {
    {"/usr/local/share/ca-certificates",
     ".crt",
     "/usr/sbin/update-ca-certificates",
     {},
     {"--fresh"},  // otherwise links to files that were removed stay
     "/etc/ssl/certs/ca-certificates.crt"},
    {"/etc/pki/ca-trust/source/anchors",
     ".pem",
     "/usr/bin/update-ca-trust",
     {"extract"},
     {"extract"},
     "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"},
};

// Whether this file is named by file_in(), or was left behind by a write of one.
bool is_own_name(std::string_view name, std::string_view ending) {
    if (const std::string_view other = detail::left_over_of(name); !other.empty()) {
        name = other;
    }
    if (!name.starts_with(own_prefix) || !name.ends_with(ending)) {
        return false;
    }
    name.remove_prefix(own_prefix.size());
    name.remove_suffix(ending.size());
    return name.size() == fingerprint_part && name.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

class OpenFile {
public:
    explicit OpenFile(const std::string& file) : descriptor_(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
    ~OpenFile() {
        if (descriptor_ >= 0) {
            ::close(descriptor_);
        }
    }
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;
    int get() const noexcept { return descriptor_; }

private:
    const int descriptor_;
};

std::string list_of(const TrustStore& store) {
    std::error_code ignored;
    return std::filesystem::exists(store.bundle, ignored) ? read_bounded(store.bundle, bundle_bytes_max)
                                                          : std::string();
}

}  // namespace

std::optional<TrustStore> this_trust_store() {
    for (const TrustStore& store : known_stores) {
        std::error_code ignored;
        if (std::filesystem::is_directory(store.folder, ignored) && ::access(store.program.c_str(), F_OK) == 0) {
            return store;
        }
    }
    return std::nullopt;
}

std::string file_in(const TrustStore& store, const TrustedCa& ca) {
    return fmt::format("{}/{}{}{}", store.folder, own_prefix, ca.fingerprint.substr(0, fingerprint_part), store.ending);
}

std::vector<std::string> own_files(const TrustStore& store, const std::string& of) {
    std::vector<std::string> files;
    std::error_code error;
    for (auto each = std::filesystem::directory_iterator(store.folder, error);
         !error && each != std::filesystem::directory_iterator(); each.increment(error)) {
        std::string path = each->path().string();
        if (is_own_name(each->path().filename().string(), store.ending) &&
            (of.empty() || path == of || detail::left_over_of(path) == of)) {
            files.push_back(std::move(path));
        }
    }
    std::ranges::sort(files);
    return files;
}

bool is_trusted(const TrustStore& store, const TrustedCa& ca) {
    return has_certificate(list_of(store), ca);
}

bool has_own_ca(const TrustStore& store) {
    return has_certificate_named(list_of(store), own_ca_name);
}

void write_ca(const std::string& file, const TrustedCa& ca) {
    constexpr mode_t for_all = 0644;
    std::error_code error = detail::write_whole_file(file, ca.pem, {for_all, true, true});
    if (!error && ::chmod(file.c_str(), for_all) != 0) {  // the umask may have reduced it
        error = std::error_code(errno, std::generic_category());
    }
    if (error) {
        throw std::system_error(error, "cannot write " + file);
    }
}

void update_list(const TrustStore& store, const std::vector<std::string>& arguments) {
    std::vector<std::string> words{store.program};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> pointers;
    for (std::string& word : words) {
        pointers.push_back(word.data());
    }
    pointers.push_back(nullptr);
    std::string path = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
    char* environment[] = {path.data(), nullptr};
    pid_t child = 0;
    int status = 0;
    const mode_t umask_before = ::umask(umask_for_all);  // what the program writes is for all users
    const int error = ::posix_spawn(&child, store.program.c_str(), nullptr, nullptr, pointers.data(), environment);
    ::umask(umask_before);
    if (error != 0) {
        throw std::system_error(error, std::generic_category(), "cannot run " + store.program);
    }
    while (::waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            throw std::system_error(errno, std::generic_category(), "cannot wait for " + store.program);
        }
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        throw std::runtime_error(store.program + " has failed. Its output has the reason; run it again by hand");
    }
}

std::string read_bounded(const std::string& file, std::size_t bytes_max) {
    const OpenFile opened(file);
    struct stat about {};
    if (opened.get() < 0 || ::fstat(opened.get(), &about) != 0) {
        throw std::system_error(errno, std::generic_category(), "cannot read " + file);
    }
    if (!S_ISREG(about.st_mode) || static_cast<std::size_t>(about.st_size) > bytes_max) {
        throw std::runtime_error(fmt::format("{} is not a file of at most {} bytes", file, bytes_max));
    }
    std::string text(static_cast<std::size_t>(about.st_size), '\0');
    std::size_t have = 0;
    while (have < text.size()) {
        const ssize_t got = ::read(opened.get(), text.data() + have, text.size() - have);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            throw std::system_error(errno, std::generic_category(), "cannot read " + file);
        }
        if (got == 0) {
            break;
        }
        have += static_cast<std::size_t>(got);
    }
    text.resize(have);
    return text;
}

}  // namespace ferrotunnel::cli
