#include "transport/certificate_folder.hpp"

#include <sys/stat.h>

#include <map>
#include <string_view>
#include <system_error>

namespace ferrotunnel::transport {

namespace {

namespace fs = std::filesystem;

std::int64_t nanoseconds(const timespec& time) noexcept {
    return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

bool is_there(const fs::path& file) {
    std::error_code ignored;
    return fs::exists(file, ignored);
}

// The files that exist for one name.
struct Pieces {
    bool crt = false;
    bool pem = false;
    bool key = false;
    bool key_pem = false;  // NAME-key.pem
};

std::string without(std::string_view name, std::string_view ending) {
    return std::string(name.substr(0, name.size() - ending.size()));
}

void note_file(std::map<std::string, Pieces>& names, const std::string& file) {
    if (file.ends_with(".crt")) {
        names[without(file, ".crt")].crt = true;
    } else if (file.ends_with(".key")) {
        names[without(file, ".key")].key = true;
    } else if (file.ends_with("-key.pem")) {
        names[without(file, "-key.pem")].key_pem = true;
    } else if (file.ends_with(".pem")) {
        names[without(file, ".pem")].pem = true;
    }
}

FoundCertificate found_by(const fs::path& folder, const std::string& name, const Pieces& pieces) {
    FoundCertificate found{name, {}};
    const fs::path start = folder / name;
    const auto with = [&](const char* ending) { return fs::path(start).concat(ending); };
    found.files.certificate = pieces.pem && !pieces.crt ? with(".pem") : with(".crt");
    if (pieces.key || pieces.crt) {
        found.files.key = with(".key");
    } else if (pieces.key_pem) {
        found.files.key = with("-key.pem");
        found.files.certificate = with(".pem");
    }
    return found;
}

void note_subfolder(const fs::path& subfolder, std::vector<FoundCertificate>& found) {
    const fs::path chain = subfolder / "fullchain.pem";
    const fs::path key = subfolder / "privkey.pem";
    if (is_there(chain) || is_there(key)) {
        found.push_back({subfolder.filename().string() + "/", {chain, key}});
    }
}

}  // namespace

FileStamp stamp_of(const fs::path& file) noexcept {
    struct stat about {};
    if (::stat(file.c_str(), &about) != 0) {
        return {};
    }
    return {static_cast<std::uint64_t>(about.st_dev), static_cast<std::uint64_t>(about.st_ino),
            static_cast<std::int64_t>(about.st_size), nanoseconds(about.st_mtim), nanoseconds(about.st_ctim)};
}

FolderListing list_certificates(const fs::path& folder, std::size_t entries_max) {
    FolderListing listing;
    std::map<std::string, Pieces> names;
    std::error_code error;
    std::size_t entries = 0;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
        if (++entries > entries_max) {
            return {{}, "has more than " + std::to_string(entries_max) + " entries"};
        }
        const std::string name = at->path().filename().string();
        if (name.starts_with('.')) {
            continue;
        }
        std::error_code ignored;
        if (at->is_directory(ignored)) {
            note_subfolder(at->path(), listing.found);
        } else {
            note_file(names, name);
        }
    }
    if (error) {
        return {{}, error.message()};
    }
    for (const auto& [name, pieces] : names) {
        listing.found.push_back(found_by(folder, name, pieces));
    }
    return listing;
}

}  // namespace ferrotunnel::transport
