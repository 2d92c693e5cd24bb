/** Browsers are found or installed by the harness (see README), never during `npm ci`. */
module.exports = { skipDownload: true };
