#include "ip-filter/range_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <functional>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "ferrotunnel/detail/text_encoding.hpp"

namespace ferrotunnel::plugins {
namespace {

class Descriptor {
public:
    explicit Descriptor(int number) noexcept : number_(number) {}
    ~Descriptor() {
        if (number_ >= 0) {
            ::close(number_);
        }
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int number() const noexcept { return number_; }

private:
    int number_;
};

[[noreturn]] void can_not_be_read(const std::string& path, int error) {
    throw std::runtime_error(path + ": cannot be read: " + std::generic_category().message(error));
}

std::int64_t nanoseconds(const timespec& time) noexcept {
    return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

std::array<std::int64_t, 5> stamp_of(const struct stat& file) noexcept {
    return {static_cast<std::int64_t>(file.st_dev), static_cast<std::int64_t>(file.st_ino),
            static_cast<std::int64_t>(file.st_size), nanoseconds(file.st_mtim), nanoseconds(file.st_ctim)};
}

// File times are coarse: a file that has just changed may change again within the same instant.
bool is_settled(const struct stat& file) noexcept {
    constexpr std::int64_t coarse = 2'000'000'000;
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return nanoseconds(now) - nanoseconds(file.st_ctim) > coarse;
}

std::string_view without_blanks(std::string_view text) noexcept {
    constexpr std::string_view blanks = " \t\r\v\f";
    const std::size_t begin = text.find_first_not_of(blanks);
    return begin == std::string_view::npos ? std::string_view()
                                           : text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

}  // namespace

std::vector<IpRange> parse_ranges(std::string_view text, const std::string& name) {
    constexpr std::size_t shown_max = 64;
    std::vector<IpRange> ranges;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::size_t end = text.find('\n');
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        const std::string_view item = without_blanks(line.substr(0, line.find('#')));
        if (item.empty()) {
            continue;
        }
        const std::string place = name + ":" + std::to_string(number) + ": ";
        if (ranges.size() == ranges_max) {
            throw std::invalid_argument(place + "there are more than " + std::to_string(ranges_max) + " ranges");
        }
        try {
            ranges.push_back(parse_range(item));
        } catch (const std::invalid_argument& problem) {
            throw std::invalid_argument(place + "\"" + std::string(item.substr(0, shown_max)) + "\" " + problem.what());
        }
    }
    return ranges;
}

RangeFile::Content RangeFile::read() const {
    // Without O_NONBLOCK a pipe of this name would block the thread until it is written to.
    const Descriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat facts {};
    if (file.number() < 0 || ::fstat(file.number(), &facts) != 0) {
        can_not_be_read(path_, errno);
    }
    if (!S_ISREG(facts.st_mode)) {
        throw std::runtime_error(path_ + ": is not a regular file");
    }
    Content content{{}, stamp_of(facts), plugins::is_settled(facts)};
    char part[64 * 1024];
    while (true) {
        const ssize_t size = ::read(file.number(), part, sizeof(part));
        if (size < 0 && errno != EINTR) {
            can_not_be_read(path_, errno);
        }
        if (size == 0) {
            std::string_view text = content.text;
            if (const std::string_view fault = detail::take_byte_order_mark(text); !fault.empty()) {
                throw std::runtime_error(path_ + ": " + std::string(fault));
            }
            content.text.erase(0, content.text.size() - text.size());
            return content;
        }
        content.text.append(part, size > 0 ? static_cast<std::size_t>(size) : 0);
        if (content.text.size() > range_file_bytes_max) {
            throw std::runtime_error(path_ + ": has more than " + std::to_string(range_file_bytes_max) + " bytes");
        }
    }
}

std::optional<std::vector<IpRange>> RangeFile::read_if_changed() {
    struct stat facts {};
    if (is_settled_ && ::stat(path_.c_str(), &facts) == 0 && stamp_of(facts) == stamp_) {
        return std::nullopt;
    }
    try {
        Content content = read();
        stamp_ = content.stamp;
        is_settled_ = content.is_settled;
        const std::size_t hash = std::hash<std::string>()(content.text);
        if (hash == hash_ && problem_.empty()) {
            return std::nullopt;
        }
        std::vector<IpRange> ranges = parse_ranges(content.text, path_);
        hash_ = hash;
        problem_.clear();
        return ranges;
    } catch (const std::exception& problem) {
        if (problem_ == problem.what()) {
            return std::nullopt;
        }
        problem_ = problem.what();
        throw;
    }
}

}  // namespace ferrotunnel::plugins
