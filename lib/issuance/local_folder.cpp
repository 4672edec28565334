#include "issuance/local_folder.hpp"

#include <optional>
#include <stdexcept>
#include <system_error>

#include "ferrotunnel/detail/whole_file.hpp"
#include "issuance/limits.hpp"
#include "issuance/store_file.hpp"

namespace ferrotunnel::issuance {
namespace {

constexpr std::string_view certificate_ending = ".pem";

Result<std::optional<LocalCa>, std::string> read_ca(const std::filesystem::path& key) {
    using Content = std::optional<LocalCa>;
    auto text = read_key_file(key, limits::file_max);
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
    constexpr std::string_view what = "the folder of the server's own CA,";
    const auto before = std::filesystem::file_time_type::clock::now() - limits::left_over_age;
    for (const std::filesystem::path& folder : {folder_, certificates()}) {
        make_own_folder(folder, what);
        remove_left_over_files(folder, before);
    }
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
