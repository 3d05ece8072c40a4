//! Many small pieces of evidence in one file.
//!
//! A detection over a year of events finds thousands of them, and a file each would cost more than
//! finding them. A pack is the pieces one after the other, named by the SHA-256 of the whole; beside it
//! stands its list, a line per piece: digest, offset, length. Anybody can check a piece with
//! `tail -c +$((offset + 1)) PACK | head -c LENGTH | sha256sum`.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use provost_core::model::Digest;

use super::{remove_file, write_whole};

/// The packs of an archive.
#[derive(Debug)]
pub(super) struct Packs {
    folder: PathBuf,
    beside: PathBuf,
    /// What the lists say, read when the first piece is asked for.
    lists: Option<Lists>,
}

/// Which packs have a piece, and what each pack has.
#[derive(Debug, Default)]
struct Lists {
    packs_of: HashMap<Digest, Vec<Digest>>,
    pieces_of: HashMap<Digest, Vec<Piece>>,
}

/// A piece in its pack.
#[derive(Debug, Clone, Copy)]
struct Piece {
    digest: Digest,
    offset: u64,
    length: u64,
}

impl Packs {
    pub(super) fn new(folder: PathBuf, beside: PathBuf) -> Self {
        Self { folder, beside, lists: None }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes the pieces as one pack. The list comes last: without it the pack is not there.
    pub(super) fn put(&mut self, pieces: &[Vec<u8>]) -> std::io::Result<Vec<Digest>> {
        if pieces.is_empty() {
            return Ok(Vec::new());
        }
        let mut offset = 0;
        let mut listed = Vec::with_capacity(pieces.len());
        for bytes in pieces {
            let length = bytes.len() as u64;
            listed.push(Piece { digest: Digest::of(bytes), offset, length });
            offset += length;
        }
        let whole = pieces.concat();
        let pack = Digest::of(&whole);
        write_whole(&self.path(&pack, "pack"), &self.beside, &whole)?;
        self.write_list(&pack, &listed)?;
        let digests = listed.iter().map(|piece| piece.digest).collect();
        if let Some(lists) = &mut self.lists {
            lists.add(pack, listed);
        }
        Ok(digests)
    }

    pub(super) fn get(&mut self, digest: &Digest) -> std::io::Result<Option<Vec<u8>>> {
        let Some((pack, piece)) = self.lists()?.find(digest) else { return Ok(None) };
        match File::open(self.path(&pack, "pack")) {
            Ok(mut file) => {
                file.seek(SeekFrom::Start(piece.offset))?;
                let mut bytes = Vec::new();
                // A pack that was cut off gives fewer bytes: changed evidence, which the digest shows.
                file.take(piece.length).read_to_end(&mut bytes)?;
                Ok(Some(bytes))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Takes a piece off the lists; the last one takes its pack with it.
    ///
    /// Until then its bytes stay in the pack. The pieces of one pack are of one run and expire together.
    pub(super) fn remove(&mut self, digest: &Digest) -> std::io::Result<()> {
        for pack in self.lists()?.packs_of.remove(digest).unwrap_or_default() {
            let left = self.lists()?.pieces_of.entry(pack).or_default();
            left.retain(|piece| piece.digest != *digest);
            let left = left.clone();
            if left.is_empty() {
                self.lists()?.pieces_of.remove(&pack);
                remove_file(&self.path(&pack, "list"))?;
                remove_file(&self.path(&pack, "pack"))?;
            } else {
                self.write_list(&pack, &left)?;
            }
        }
        Ok(())
    }

    fn path(&self, pack: &Digest, extension: &str) -> PathBuf {
        self.folder.join(format!("{}.{extension}", pack.hex()))
    }

    fn write_list(&self, pack: &Digest, pieces: &[Piece]) -> std::io::Result<()> {
        let line = |piece: &Piece| format!("{} {} {}\n", piece.digest, piece.offset, piece.length);
        let lines: String = pieces.iter().map(line).collect();
        write_whole(&self.path(pack, "list"), &self.beside, lines.as_bytes())
    }

    fn lists(&mut self) -> std::io::Result<&mut Lists> {
        if self.lists.is_none() {
            self.lists = Some(Lists::read(&self.folder)?);
        }
        Ok(self.lists.get_or_insert_default())
    }
}

impl Lists {
    /// Reads every list. A line that is none, and a list that is not named for a pack, says nothing; the
    /// pieces they were to tell of are then missing, which is what `verify` says of them.
    fn read(folder: &Path) -> std::io::Result<Self> {
        let mut lists = Self::default();
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            if let Ok(pack) = Digest::parse(&format!("sha256:{stem}"))
                && path.extension().is_some_and(|extension| extension == "list")
            {
                let text = String::from_utf8_lossy(&fs::read(&path)?).into_owned();
                lists.add(pack, text.lines().filter_map(Piece::parse).collect());
            }
        }
        Ok(lists)
    }

    fn add(&mut self, pack: Digest, pieces: Vec<Piece>) {
        for piece in &pieces {
            let packs = self.packs_of.entry(piece.digest).or_default();
            if !packs.contains(&pack) {
                packs.push(pack);
            }
        }
        self.pieces_of.insert(pack, pieces);
    }

    fn find(&self, digest: &Digest) -> Option<(Digest, Piece)> {
        let pack = self.packs_of.get(digest)?.first()?;
        let piece = self.pieces_of.get(pack)?.iter().find(|piece| piece.digest == *digest)?;
        Some((*pack, *piece))
    }
}

impl Piece {
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let digest = Digest::parse(words.next()?).ok()?;
        Some(Self { digest, offset: words.next()?.parse().ok()?, length: words.next()?.parse().ok()? })
    }
}
