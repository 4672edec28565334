#include "issuance/local_folder.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <stdexcept>
#include <system_error>

#include "ferrotunnel/detail/new_folder.hpp"
#include "ferrotunnel/detail/whole_file.hpp"
#include "issuance/limits.hpp"
#include "issuance/store_file.hpp"

namespace ferrotunnel::issuance {
namespace {

constexpr std::string_view certificate_ending = ".pem";

bool is_of_this_user(const struct stat& about) {
    return about.st_uid == ::geteuid() || about.st_uid == 0;
}

void make_own_folder(const std::filesystem::path& folder) {
    const std::string name = "the folder " + folder.string() + " of the server's own CA";
    if (const std::error_code error = ferrotunnel::detail::make_folder(folder, 0700)) {
        throw std::system_error(error, name + " cannot be made");
    }
    struct stat about {};
    if (::lstat(folder.c_str(), &about) != 0) {
        throw std::system_error(errno, std::generic_category(), name + " cannot be examined");
    }
    if (!S_ISDIR(about.st_mode) || !is_of_this_user(about) || (about.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        throw std::system_error(std::make_error_code(std::errc::operation_not_permitted),
                                name + " must be a folder of this user into which nobody else can write");
    }
}

// A key that others can read signs for them, too.
std::string exposure_of(const std::filesystem::path& key) {
    struct stat about {};
    if (::lstat(key.c_str(), &about) != 0 || !S_ISREG(about.st_mode)) {
        return {};  // it is read next, with its own message
    }
    if (!is_of_this_user(about) || (about.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return key.string() + " can be read or changed by other users";
    }
    return {};
}

Result<std::optional<LocalCa>, std::string> read_ca(const std::filesystem::path& key) {
    using Content = std::optional<LocalCa>;
    if (std::string fault = exposure_of(key); !fault.empty()) {
        return fault;
    }
    auto text = read_store_file(key, limits::file_max);
    if (!text) {
        return text.error();
    }
    if (!text.value()) {
        return Content();
    }
    std::string fault;
    Content ca;
    try {
        ca = LocalCa::from_pem(*text.value());
    } catch (const std::runtime_error& problem) {
        fault = key.string() + " " + problem.what();
    }
    wipe(*text.value());
    return ca ? Result<Content, std::string>(std::move(ca)) : Result<Content, std::string>(std::move(fault));
}

}  // namespace

void LocalFolder::make() const {
    make_own_folder(folder_);
    make_own_folder(certificates());
}

Result<LocalCa, std::string> LocalFolder::load_or_make(const LocalConstraints& constraints, std::string_view host_name,
                                                       acme::WallTime now, bool& is_new) const {
    is_new = false;
    auto present = read_ca(key_file());
    if (present && !present.value()) {
        const LocalCa made = LocalCa::make(constraints, host_name, now);
        std::string text = made.to_pem();
        const std::error_code error = ferrotunnel::detail::write_whole_file(key_file(), text, {0600, false, true});
        wipe(text);
        if (error && error != std::errc::file_exists) {
            return key_file().string() + " cannot be written: " + error.message();
        }
        is_new = !error;
        present = read_ca(key_file());
    }
    if (!present || !present.value()) {
        return (present ? key_file().string() + " has vanished" : present.error()) + "; to make another CA, remove " +
               folder_.string() + " and restart the server, then trust the new one";
    }
    const std::string certificate = present.value()->certificate_pem();
    const auto published = read_store_file(authority_file(), limits::file_max);
    if (!published || published.value() != certificate) {
        if (std::string fault = write_store_file(authority_file(), certificate); !fault.empty()) {
            return fault;
        }
    }
    return std::move(*present.value());
}

std::filesystem::path LocalFolder::certificate_file(std::string_view name) const {
    return certificates() / std::string(name).append(certificate_ending);
}

std::vector<std::string> LocalFolder::certificate_names() const {
    std::vector<std::string> names;
    std::error_code error;
    for (auto each = std::filesystem::directory_iterator(certificates(), error);
         !error && each != std::filesystem::directory_iterator(); each.increment(error)) {
        std::string name = each->path().filename().string();
        if (name.ends_with(certificate_ending)) {
            name.resize(name.size() - certificate_ending.size());
            names.push_back(std::move(name));
        }
    }
    return names;
}

LocalCa::Issued LocalFolder::read(std::string_view name, const LocalCa& ca) const {
    auto text = read_store_file(certificate_file(name), limits::file_max);
    if (!text || !text.value()) {
        return {};
    }
    LocalCa::Issued issued = ca.read_issued(*text.value());
    wipe(*text.value());
    return issued;
}

std::string LocalFolder::issue(std::string_view name, const acme::Identifiers& names, const LocalCa& ca,
                               acme::WallTime now) const {
    std::string pem;
    try {
        pem = ca.issue(names, now);
    } catch (const std::runtime_error& problem) {
        return problem.what();
    }
    std::string fault = write_store_file(certificate_file(name), pem);
    wipe(pem);
    return fault;
}

void LocalFolder::remove(std::string_view name) const noexcept {
    remove_store_file(certificate_file(name));
}

}  // namespace ferrotunnel::issuance
