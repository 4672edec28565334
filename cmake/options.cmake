# What the user may choose, and the compiler settings that follow from it.
option(FERROTUNNEL_BUILD_CLI "Build the ferrotunnel program" ON)
option(FERROTUNNEL_BUILD_TESTS "Build the tests" ${PROJECT_IS_TOP_LEVEL})
option(FERROTUNNEL_BUILD_BENCHMARKS "Build the benchmarks" OFF)
option(FERROTUNNEL_WERROR "Treat warnings as errors" ${PROJECT_IS_TOP_LEVEL})
set(FERROTUNNEL_SANITIZE "" CACHE STRING "Sanitizers, as in -fsanitize=: address,undefined or thread")

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)

add_library(ft_settings INTERFACE)
target_compile_options(ft_settings INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow
  $<$<BOOL:${FERROTUNNEL_WERROR}>:-Werror>)
target_include_directories(ft_settings INTERFACE ${PROJECT_SOURCE_DIR}/lib ${PROJECT_SOURCE_DIR}/include)
if(FERROTUNNEL_SANITIZE)
  target_compile_options(ft_settings INTERFACE -fsanitize=${FERROTUNNEL_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(ft_settings INTERFACE -fsanitize=${FERROTUNNEL_SANITIZE})
  if(FERROTUNNEL_SANITIZE MATCHES "thread")
    target_compile_options(ft_settings INTERFACE -Wno-error=tsan)  # Asio's headers use fences
  endif()
endif()

# Asio without Boost, deprecated parts left out; one definition for library and users.
add_library(ft_asio INTERFACE)
target_compile_definitions(ft_asio INTERFACE ASIO_STANDALONE ASIO_NO_DEPRECATED)
target_link_libraries(ft_asio INTERFACE Threads::Threads)
